#!/bin/bash
# xsnr under mpirun: the same bits as one process, also when processes of its ranks are killed with -9.
#   mpi.sh BUILD_FOLDER
set -eu
build=$(realpath "$1")
export PATH="$build/bin:$PATH" NO_COLOR=1 LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1764158400
if ! command -v mpirun > /dev/null || [ ! -e "$build/xsnr-mpi.so" ]; then
    echo "no mpirun, or a build without it"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
many() { timeout 120 mpirun --allow-run-as-root --oversubscribe -n 3 "$@"; }
scores() { xsnr export "$1/study.xsnr" --format npz -o "$1/scores.npz"; }

xsnr init demo --models 40 > /dev/null
cp -r demo whole
(cd whole && xsnr run -q study.yaml > table)
scores whole
same() {
    scores demo
    for file in table scores.npz words.csv report.html; do cmp "demo/$file" "whole/$file"; done
    rm demo/study.xsnr
}

(cd demo && many xsnr run study.yaml > table 2> said)
grep -q '80/80 models' demo/said
same

# the processes of ranks 1 and 2, again and again; a rank starts another
(cd demo && many xsnr run -q study.yaml > table 2> said) &
run=$!
kills=0
for _ in $(seq 40); do
    sleep 0.05
    for process in $(pgrep -f "^xsnr run -q study.yaml" || true); do
        [ "$(readlink "/proc/$process/cwd")" = "$work/demo" ] || continue
        grep -qz '^XSNR_JOIN=' "/proc/$process/environ" 2> /dev/null || continue
        [ $kills -lt 8 ] && kill -9 "$process" && kills=$((kills + 1)) && break
    done
done
wait $run || (cd demo && xsnr run -q study.yaml > table) # a model that three were killed with is left to the next run
same

# what is wrong is said once, by rank 0
echo "study: [" > wrong.yaml
if many xsnr run wrong.yaml > /dev/null 2> said; then exit 1; fi
[ "$(grep -c 'wrong.yaml:' said)" = 1 ]
echo "the same bits; $kills processes were killed"
