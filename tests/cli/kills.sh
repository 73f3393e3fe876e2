#!/bin/bash
# kill -9 at random moments of run, of processes of ranks, of ranks, of import and of merge: nothing is lost, and the
# same command comes to the same bits.
#   kills.sh BUILD_FOLDER            12 kills; XSNR_LONG=1: 200
set -eu
build=$(realpath "$1")
export PATH="$build/bin:$PATH" NO_COLOR=1 LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1764158400
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

# A process of mpirun's session $1: of kind `worker` one that takes jobs, of kind `rank` a rank, rank 0 as well.
victim_of() {
    local process joined
    for process in $(pgrep -s "$1" -x xsnr | shuf --random-source=<(yes $RANDOM)); do
        joined=rank
        ! grep -qz '^XSNR_JOIN=' "/proc/$process/environ" 2> /dev/null || joined=worker
        [ $joined != $kind ] || { echo "$process" && return; }
    done
}

# command_ in the background, killed after a random part of `most` milliseconds; $1: kill what?
strike() {
    local most=$1 pid victims
    setsid "${command_[@]}" > ../out 2>&1 &
    pid=$!
    if [ $kind = worker ]; then # mpirun takes its time
        for _ in $(seq 100); do [ -z "$(victim_of $pid)" ] && kill -0 $pid 2> /dev/null && sleep 0.05 || break; done
    fi
    sleep "$(printf '0.%03d' $((RANDOM % most)))"
    case $kind in
    worker | rank) victims=$(victim_of $pid) ;;
    *) victims=$pid ;;
    esac
    [ -n "$victims" ] && kill -9 $victims 2> /dev/null && tally[$kind]=$((${tally[$kind]:-0} + 1)) && done_=$((done_ + 1))
    for _ in $(seq 200); do kill -0 $pid 2> /dev/null && sleep 0.1 || break; done
    # mpirun of Open MPI 4.1 may hang for ever when a rank dies early (pmix_rte_finalize)
    kill -9 $pid 2> /dev/null && [ -n "$victims" ] && hung=$((hung + 1))
    wait $pid 2> /dev/null || true
    pkill -9 -s $pid 2> /dev/null || true # mpirun's children, if mpirun was the victim
}

whole() { # every file that is there is consistent
    [ ! -e "$1" ] || xsnr check "$1" > ../out 2>&1 || fail "$(cat ../out)"
}

finish() { # the same command ends; the bits are those of the whole
    timeout -k 5 300 "${command_[@]}" > ../out 2>&1 || fail "status $?: $(cat ../out)"
    xsnr export "$file" --format npz -o ../now.npz > /dev/null
    cmp ../now.npz "$expected" || fail "other bits"
    rm -f "$file" "$file"-*
}

kinds=(run import merge)
if command -v mpirun > /dev/null && [ -e "$build/xsnr-mpi.so" ]; then kinds+=(worker rank); fi
done_=0 hung=0
for ((round = 0; done_ < kills; round++)); do
    kind=${kinds[round % ${#kinds[@]}]}
    file=study.xsnr expected=../whole.npz most=900
    case $kind in
    run) command_=(xsnr run -q -j 2 study.yaml) ;;
    worker | rank)
        command_=(mpirun --allow-run-as-root --oversubscribe -n 3 xsnr run -q study.yaml)
        [ $kind = rank ] || most=300 ;;
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
echo "$done_ kills in all: the same bits ($leftover files left over, $hung times mpirun hung)"
