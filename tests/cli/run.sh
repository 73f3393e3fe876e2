#!/bin/bash
# Runs a file of cases and compares whole outputs.
#   run.sh CASES.t BUILD_FOLDER
# A line "$ COMMAND" is run by bash in a fresh folder (the same for all of a file); what follows, up to the next
# such line, is its expected stdout and stderr, and "[N]" its exit status where that is not 0.  Lines before the
# first command are comment.  XSNR_BLESS=1 rewrites the file with what came out: read the difference.
set -u
cases=$(realpath "$1")
export PATH="$(realpath "$2")/bin:$PATH" NO_COLOR=1 COLUMNS=100 LC_ALL=C.UTF-8 TERM=dumb SOURCE_DATE_EPOCH=1764158400
unset XSNR_DATA
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/in"
cd "$work/in" || exit 2
actual=$work/actual
: > "$actual"
while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line == '$ '* ]]; then
        started=1
        printf '%s\n' "$line" >> "$actual"
        bash -c "${line#\$ }" > "$work/out" 2>&1 < /dev/null
        status=$?
        cat "$work/out" >> "$actual"
        [ -s "$work/out" ] && [ "$(tail -c1 "$work/out" | od -An -tx1 | tr -d ' ')" != 0a ] && echo >> "$actual"
        [ $status = 0 ] || echo "[$status]" >> "$actual"
    elif [ -z "${started:-}" ]; then
        printf '%s\n' "$line" >> "$actual"
    fi
done < "$cases"
if [ "${XSNR_BLESS:-}" = 1 ]; then
    cp "$actual" "$cases"
else
    diff -u "$cases" "$actual"
fi
