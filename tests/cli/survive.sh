#!/bin/bash
# What a disk, a user and another process can do to a study: disk full, files over a limit, read-only, signals, two
# writers, output that is no regular file.  One clear line each time, and nothing lost.
#   survive.sh BUILD_FOLDER
set -eu
build=$(realpath "$1")
export PATH="$build/bin:$PATH" NO_COLOR=1 LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1764158400 # one date for all pages
work=$(mktemp -d)
trap 'umount "$work/small" 2> /dev/null || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
fail() {
    echo "survive.sh: $*" >&2
    [ ! -e said ] || cat said >&2
    exit 1
}
# $1: what; the command before it ended with 1 or 2, in one line, and no temporary file is left in $2
refused() {
    [ "$status" = 1 ] || [ "$status" = 2 ] || fail "$1: exit status $status"
    [ "$(wc -l < said)" = 1 ] || fail "$1: not one line"
    ! find "$2" -name '*.??????' | grep -qE '\.(json|csv|html|npz)\.[A-Za-z0-9]{6}$' || fail "$1: a temporary file is left"
}

xsnr init demo --models 12 > /dev/null
cp -r demo whole
(cd whole && xsnr run -q study.yaml > table && xsnr export study.xsnr --format npz -o scores.npz)
same() {
    xsnr check "$1/study.xsnr" > /dev/null || fail "$2: damaged"
    xsnr run -q "$1/study.yaml" > table 2> said || fail "$2: the run does not go on"
    cmp table whole/table || fail "$2: another table"
    xsnr export "$1/study.xsnr" --format npz -o scores.npz && cmp scores.npz whole/scores.npz || fail "$2: other bits"
}

# Files over a limit: the study goes on where the disk was full, whatever write it was.  The shell ignores SIGXFSZ for the program
# already: what a sanitizer or a library writes before main() must not end it.  That the program ignores it by itself is seen below.
size=$(($(stat -c %s whole/study.xsnr) / 1024))
stops=0
for part in 0 1 2 3 5 8 13 21 34 55 75 90; do
    rm -rf full && cp -r demo full
    set +e # a pipe: the limit would hold for a file of messages too
    (trap '' XFSZ && ulimit -f $((size * part / 100)) && exec xsnr run -q full/study.yaml) 2>&1 > /dev/null | cat > said
    status=${PIPESTATUS[0]}
    set -e
    [ $status = 0 ] || { refused "limit of $part %" full && stops=$((stops + 1)); }
    [ ! -e full/study.xsnr ] || same full "limit of $part %"
done
[ $stops -gt 5 ] || fail "the limits did not stop it"

# a disk that is full, where one can be mounted
mounted=0
mkdir small
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=$((size / 2))k none small 2> /dev/null; then
    mounted=1
    status=0
    xsnr run -q demo/study.yaml -o small > /dev/null 2> said || status=$?
    refused "full disk" small
    grep -qi -e 'full' -e 'space' said || fail "full disk: does not say so"
    mount -o remount,size=$((size * 20))k small
    xsnr run -q demo/study.yaml -o small > table 2> said || fail "the disk has room again"
    cmp table whole/table
    umount small
fi

# A study that may only be read, by a user for whom that holds: root may write anywhere.
user() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
readers=nobody
[ "$(id -u)" = 0 ] || readers=$(id -un)
chmod 755 . # of mktemp
if ! user xsnr --version > /dev/null 2> said; then
    readers="root alone" # whose build others may not enter
    user() { "$@"; }
fi
first=$(xsnr show whole/study.xsnr | head -1)
read_it() { # $1: which; $2: the study file; results of every command that reads are those of the whole
    local out=out-$1
    mkdir "$out" && chmod 777 "$out"
    user xsnr analyze "$2" > table 2> said || fail "$1: analyze"
    cmp table <(xsnr analyze whole/study.xsnr) || fail "$1: another table"
    user xsnr analyze "$2" --format html > page 2> said && cmp page <(xsnr analyze whole/study.xsnr --format html) || fail "$1: another page"
    user xsnr show "$2" --text "$first" > shown 2> said || fail "$1: show"
    cmp shown <(xsnr show whole/study.xsnr --text "$first") || fail "$1: shows something else"
    user xsnr check "$2" > /dev/null 2> said || fail "$1: check"
    user xsnr compare "$2" > compared 2> said || fail "$1: compare"
    user xsnr power "$2" > power 2> said || fail "$1: power"
    user xsnr export "$2" --format npz -o "$out/scores.npz" 2> said || fail "$1: export"
    cmp "$out/scores.npz" whole/scores.npz || fail "$1: other bits"
    user xsnr merge -q "$2" -o "$out/joined.xsnr" 2> said || fail "$1: merge from it"
}
mkdir fixed && cp whole/study.xsnr fixed && chmod a-w fixed/study.xsnr fixed
read_it folder fixed/study.xsnr
mkdir loose && cp demo/* whole/study.xsnr loose && chmod 777 loose && chmod 444 loose/*
read_it file loose/study.xsnr
user xsnr report -q loose/study.yaml > table 2> said || fail "file: report"
cmp table whole/table && cmp loose/report.html whole/report.html || fail "file: another report"
status=0 # what would write to it says so, and leaves it as it is
sed 's/models: 12/models: 14/' demo/study.yaml > loose/more.yaml && mv loose/more.yaml loose/study.yaml
user xsnr run -q loose/study.yaml > /dev/null 2> said || status=$?
if [ "$readers" != "root alone" ]; then
    refused "file: run" loose
    cmp loose/study.xsnr whole/study.xsnr || fail "file: it was changed"
fi

# Ctrl-C, and what a batch system sends
for signal in TERM INT; do
    rm -rf stopped && cp -r demo stopped && sed -i 's/models: 12/models: 20000/' stopped/study.yaml
    /usr/bin/env --default-signal=INT xsnr run -q stopped/study.yaml > /dev/null 2> said & # bash makes background processes ignore it
    pid=$!
    for _ in $(seq 100); do [ -s stopped/study.xsnr ] && break || sleep 0.02; done
    sleep 0.5
    ignored=0x$(sed -n 's/^SigIgn:\t//p' /proc/$pid/status)
    ((ignored >> 24 & 1)) || fail "a file over the limit would end it: SIGXFSZ is not ignored"
    kill -$signal $pid
    status=0
    wait $pid || status=$?
    [ $status = 1 ] && grep -q 'the same command goes on' said || fail "$signal: status $status"
    # before its first model a new study leaves no file
    [ ! -e stopped/study.xsnr ] || xsnr check stopped/study.xsnr > /dev/null || fail "$signal: damaged"
done

# the same while texts are analysed: nothing is half-written, and a study file that is only read ends at once
cp -r demo looked && sed -i 's/count: 40/count: 300/' looked/study.yaml && xsnr run -q looked/study.yaml > /dev/null
cp -r looked before
for signal in TERM INT; do
    for file in study.yaml study.xsnr; do
        /usr/bin/env --default-signal=INT xsnr analyze -j 1 looked/$file --statistics all > /dev/null 2> said &
        pid=$!
        sleep 0.3
        kill -$signal $pid
        status=0
        wait $pid || status=$?
        refused "$signal in an analysis" looked
        [ $status = 1 ] && grep -q '^xsnr: stopped; no' said || fail "$signal: an analysis ends with status $status"
        for result in results.json words.csv report.html study.xsnr; do cmp looked/$result before/$result || fail "$signal: another $result"; done
    done
done

# two writers: the second is told
rm -rf two && cp -r demo two && sed -i 's/models: 12/models: 20000/' two/study.yaml
xsnr run -q two/study.yaml > /dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [ -s two/study.xsnr ] && break || sleep 0.02; done
status=0
xsnr run -q two/study.yaml > /dev/null 2> said || status=$?
refused "two writers" two
kill $pid
wait $pid || true

# output that is no regular file
xsnr export whole/study.xsnr --format csv -o plain.csv
mkfifo pipe && { cat pipe > got & } && xsnr export whole/study.xsnr --format csv -o pipe && wait $!
cmp got plain.csv && [ -p pipe ] || fail "a FIFO"
mkdir there && echo old > there/real && ln -s there/real link && xsnr export whole/study.xsnr --format csv -o link
[ -L link ] && cmp there/real plain.csv || fail "a symbolic link"
for output in /dev/full there; do
    status=0
    xsnr export whole/study.xsnr --format csv -o $output 2> said || status=$?
    refused "output to $output" there
done
echo "limits stopped it $stops times, a full disk $mounted; all went on to the same bits; read-only for $readers"
