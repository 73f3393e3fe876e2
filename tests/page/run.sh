#!/bin/bash
# The page in a browser.  run.sh BUILD_FOLDER; XSNR_SHOTS=FOLDER keeps screenshots.  77: there is no browser.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command -v node > /dev/null || { echo "skipped: no node"; exit 77; }
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "skipped: no chromium"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node "$here/browser.mjs" "$1/bin/xsnr" "$work" ${XSNR_SHOTS:+"$XSNR_SHOTS"}
