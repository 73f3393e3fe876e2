#!/bin/bash
# kill -9 at random moments of run, of processes of ranks, of ranks, of import and of merge: nothing is lost, and the
# same command comes to the same bits.
#   kills.sh BUILD_FOLDER            12 kills; XSNR_LONG=1: 200
set -eu
build=$(realpath "$1")
export PATH="$build/bin:$PATH" NO_COLOR=1 LC_ALL=C.UTF-8
kills=12
[ "${XSNR_LONG:-}" = 1 ] && kills=200
RANDOM=${XSNR_SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# what the whole is
xsnr init demo --models 30 > /dev/null
cd demo
xsnr run -q study.yaml > ../table
xsnr export study.xsnr --format npz -o ../whole.npz
xsnr export study.xsnr --format jsonl -o ../in.jsonl
mv study.xsnr ../whole.xsnr
for part in 1 2; do xsnr run -q study.yaml --shard $part/2; done
xsnr import -q ../in.jsonl -o ../imported.xsnr
xsnr export ../imported.xsnr --format npz -o ../imported.npz

declare -A tally
fail() {
    echo "kills.sh: after $done_ kills, $kind: $1" >&2
    exit 1
}

# command_ in the background, killed after a random part of `most` milliseconds; $1: kill what?
strike() {
    local most=$1 pid victims
    setsid "${command_[@]}" > ../out 2>&1 &
    pid=$!
    sleep "$(printf '0.%03d' $((RANDOM % most)))"
    case $kind in
    worker) # a process that takes jobs, or rank 0
        victims=$(pgrep -s $pid -x xsnr | shuf -n 1 --random-source=<(yes $RANDOM) || true) ;;
    *) victims=$pid ;;
    esac
    [ -n "$victims" ] && kill -9 $victims 2> /dev/null && tally[$kind]=$((${tally[$kind]:-0} + 1)) && done_=$((done_ + 1))
    for _ in $(seq 200); do kill -0 $pid 2> /dev/null && sleep 0.1 || break; done
    kill -9 $pid 2> /dev/null || true # mpirun of Open MPI 4.1 may hang for ever when a rank dies early (pmix_rte_finalize)
    wait $pid 2> /dev/null || true
    pkill -9 -s $pid 2> /dev/null || true # mpirun's children, if mpirun was the victim
}

whole() { # every file that is there is consistent
    [ ! -e "$1" ] || xsnr check "$1" > ../out 2>&1 || fail "$(cat ../out)"
}

finish() { # the same command ends; the bits are those of the whole
    "${command_[@]}" > ../out 2>&1 || fail "$(cat ../out)"
    xsnr export "$file" --format npz -o ../now.npz > /dev/null
    cmp ../now.npz "$expected" || fail "other bits"
    rm -f "$file" "$file"-*
}

kinds=(run import merge)
if command -v mpirun > /dev/null && [ -e "$build/xsnr-mpi.so" ]; then kinds+=(worker); fi
done_=0
for ((round = 0; done_ < kills; round++)); do
    kind=${kinds[round % ${#kinds[@]}]}
    file=study.xsnr expected=../whole.npz most=900
    case $kind in
    run) command_=(xsnr run -q -j 2 study.yaml) ;;
    worker) command_=(mpirun --allow-run-as-root --oversubscribe -n 3 xsnr run -q study.yaml) ;;
    merge) command_=(xsnr merge -q study.1-of-2.xsnr study.2-of-2.xsnr -o study.xsnr) most=150 ;;
    import) command_=(xsnr import -q ../in.jsonl -o there.xsnr) file=there.xsnr expected=../imported.npz most=300 ;;
    esac
    for _ in 1 2 3; do
        [ $done_ -lt $kills ] || break
        [ $kind != import ] || rm -f there.xsnr # whole, if it is there; import writes no file twice
        strike $most
        whole "$file"
    done
    [ $kind != import ] || rm -f there.xsnr
    finish
done
# every table printed by a run that was never disturbed is the one of the whole
xsnr run -q study.yaml | cmp - ../table || fail "another table"
leftover=$(find . -name '*.tmp*' -o -name '*.part*' | wc -l)
for kind in "${!tally[@]}"; do printf '%s %s, ' "${tally[$kind]}" "$kind"; done
echo "$done_ kills in all: the same bits ($leftover files left over)"
