#!/bin/bash
# The whole study: 100 tf-idf bigram models on subj, 40 texts explained by contribution, statistics, report.
#   bench/study.sh [REPEATS]     needs XSNR_DATA and a release build; prints medians [min, max]
# The training stage with one thread and with two is timed in turn by bench_study, so that the ratio holds on a noisy machine.
set -euo pipefail
cd "$(dirname "$0")/.."
repeats=${1:-7}
data=$(realpath "${XSNR_DATA:-../shared/data}")
xsnr=$(realpath build/release/bin/xsnr)
[ -d "$data/subj" ] || { echo "bench/study: no subj under XSNR_DATA; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/study.yaml" <<Y
study: subj
corpus: {train: $data/subj/train.tsv, valid: $data/subj/valid.tsv, test: $data/subj/test.tsv, explain: {count: 40}}
families:
  - {name: tfidf, type: linear, features: {kind: tfidf, ngrams: 2, min_count: 2}, models: 100}
explainers: [contribution]
Y
stats() { sort -g | awk '{v[NR]=$1} END {m=NR%2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2; printf "%.3f [%.3f, %.3f]", m, v[1], v[NR]}'; }
# seconds and peak kB of a command
timed() { # STAGE THREADS
    rm -f "$work"/study.xsnr* "$work"/*.json "$work"/*.csv "$work"/*.html
    /usr/bin/env time -f '%e %M' -o "$work/time" "$xsnr" "$1" -q -j "$2" "$work/study.yaml" > /dev/null
    cat "$work/time"
}
echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors, $(date +%F)"
for _ in $(seq "$repeats"); do
    timed run 2 >> "$work/run2"
done
echo "whole study, 2 threads, s:  $(cut -d' ' -f1 "$work/run2" | stats)"
echo "peak memory, MB:            $(awk '{print $2/1024}' "$work/run2" | stats)"
build/release/bench/bench_study "$work/study.yaml" "$work/bench" "$repeats"
