#!/bin/bash
# Runs the examples of docs/formats.md: blocks behind "<!-- run -->", each in a folder of its own.  What a block prints
# is its lines that begin with "# "; the study that it makes must be whole, and analysed and exported without an error.
#   formats.sh DOCS BUILD_FOLDER
set -u
docs=$(realpath "$1")
export PATH="$(realpath "$2")/bin:$PATH" LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v work="$work" '
    /^<!-- run -->$/ { n++; on = 1; next }
    on && !/^    / { on = 0 }
    on { file = work "/" n ".sh"; sub(/^    /, ""); print > file }' "$docs"
bad=0 n=0
for script in "$work"/*.sh; do
    n=$((n + 1))
    mkdir "$work/in$n"
    (
        cd "$work/in$n" || exit 1
        /usr/bin/python3 -c 'import numpy' 2> /dev/null || ! grep -q numpy "$script" || exit 0
        diff <(grep '^# ' "$script" | sed 's/^# //') <(bash -e "$script" 2>&1) || exit 1
        for study in *.xsnr; do
            xsnr check "$study" > check.txt && xsnr analyze "$study" > analysis.txt && xsnr export "$study" -o again.jsonl &&
                xsnr import again.jsonl -o again.xsnr > summary.txt && xsnr export again.xsnr -o twice.jsonl &&
                cmp again.jsonl twice.jsonl || { cat check.txt; exit 1; }
            rm again.jsonl again.xsnr twice.jsonl
        done
    ) || { echo "example $n of $docs fails"; bad=1; }
done
[ "$n" = 7 ] || { echo "$n examples were found, 7 are expected"; bad=1; }
exit $bad
