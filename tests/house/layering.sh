#!/bin/bash
# Who may include whom: base ← math ← text ← model ← explain ← study; stats sees base and math; store sees base,
# and the records it keeps (model/model.h, stats/results.h); report sees base, stats and store; only study,
# registry.c and api see all; the program sees xsnr.h alone.
set -u
cd "$1" || exit 2
declare -A may=(
    [base]="base" [math]="base math" [text]="base math text" [model]="base math text model"
    [explain]="base math text model explain" [stats]="base math stats"
    [store]="base store model/model.h stats/results.h" [report]="base stats store report"
)
bad=0
for room in "${!may[@]}"; do
    while IFS=: read -r file line include; do
        target=$(printf '%s' "$include" | sed -E 's/.*"([^"]+)".*/\1/')
        case "$target" in */*) ;; *) continue ;; esac # a neighbour in the same folder
        allowed=0
        for other in ${may[$room]}; do
            case "$target" in "$other"/* | "$other") allowed=1 ;; esac
        done
        if [ $allowed = 0 ]; then
            echo "$file:$line: the room $room may not include $target"
            bad=1
        fi
    done < <(grep -rnE '^#include "' "src/$room" --include='*.[ch]')
done
if grep -nE '^#include "' cli/*.[ch] | grep -v '"command.h"'; then
    echo "the program may include xsnr.h and command.h only"
    bad=1
fi
exit $bad
