#!/bin/bash
# The symbols that src/xsnr.map lists and the shared library exports are those that xsnr.h declares, no more and no less.
set -u
declared=$(sed 's://.*::' "$1/include/xsnr/xsnr.h" | tr '\n' ' ' | grep -oE 'XSNR_API [^;]*;' |
    grep -oE 'xsnr_[a-z_]+\(' | tr -d '(' | sort -u)
listed=$(sed -n '/global:/,/local:/p' "$1/src/xsnr.map" | grep -oE 'xsnr_[a-z_]+' | sort -u)
diff <(echo "$declared") <(echo "$listed") || { echo "left: declared in xsnr.h; right: listed in src/xsnr.map"; exit 1; }
exported=$(nm -D --defined-only "$2/libxsnr.so" | awk '$2 == "T" {print $3}' | sed 's/@.*//' | sort -u)
diff <(echo "$declared") <(echo "$exported") || { echo "left: declared in xsnr.h; right: exported"; exit 1; }
