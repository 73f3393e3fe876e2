#!/bin/bash
# Every command has a man page without an error, and every option of its help is in it and in the completion; xsnr(3) knows
# every function.
set -u
cd "$1" || exit 2
xsnr=$2/bin/xsnr
bad=0
for command in $("$xsnr" help | awk '/^  [a-z]+ / && $1 != "help" {print $1}'); do
    page=man/xsnr-$command.1
    [ -e "$page" ] || { echo "there is no $page"; bad=1; continue; }
    mandoc -T lint -W error "$page" || bad=1
    grep -q "^.BR xsnr.-$command (1)" man/xsnr.1 || { echo "man/xsnr.1 does not list $command"; bad=1; }
    grep -qw "$command" completions/xsnr || { echo "completions/xsnr does not know $command"; bad=1; }
    for option in $("$xsnr" help "$command" | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
        grep -q -- "${option//-/\\\\-}" "$page" || { echo "$page: $option is missing"; bad=1; }
        grep -q -- "$option" completions/xsnr || { echo "completions/xsnr: $option of $command is missing"; bad=1; }
    done
done
# xsnr(3) names every function of xsnr.h, and no other.
declared=$(sed 's://.*::' include/xsnr/xsnr.h | tr '\n' ' ' | grep -oE 'XSNR_API [^;]*;' | grep -oE 'xsnr_[a-z_]+\(' | tr -d '(' | sort -u)
named=$(grep -oE '^\.BR? xsnr_[a-z_]+' man/xsnr.3 | grep -oE 'xsnr_[a-z_]+' | grep -vx xsnr_error | sort -u)
diff <(echo "$declared") <(echo "$named") || { echo "left: declared in xsnr.h; right: named in man/xsnr.3"; bad=1; }
mandoc -T lint -W error man/xsnr.1 || bad=1
mandoc -T lint -W error man/xsnr.3 || bad=1
mandoc -T lint -W error man/xsnr-study.5 || bad=1
exit $bad
