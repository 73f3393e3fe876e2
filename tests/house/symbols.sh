#!/bin/bash
# The symbols that the shared library exports are those that xsnr.h declares, no more and no less.
set -u
declared=$(sed 's://.*::' "$1/include/xsnr/xsnr.h" | tr '\n' ' ' | grep -oE 'XSNR_API [^;]*;' |
    grep -oE 'xsnr_[a-z_]+\(' | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$2/libxsnr.so" | awk '$2 == "T" {print $3}' | sed 's/@.*//' | sort -u)
diff <(echo "$declared") <(echo "$exported") || { echo "left: declared in xsnr.h; right: exported"; exit 1; }
