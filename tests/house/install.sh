#!/bin/bash
# What `make install` lays down is enough: with it and pkg-config alone, in an empty folder, the examples build as C and as C++
# without a warning, and run.  The library has its soname, and every symbol that it exports its version.
set -eu
source=$(realpath "$1") build=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR=$work/root cmake --install "$build" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
pc=$(find "$work/root" -name xsnr.pc)
libdir=$(dirname "$(dirname "$pc")")
# Only this xsnr.pc, its paths below the folder.
export PKG_CONFIG_LIBDIR=${pc%/xsnr.pc} PKG_CONFIG_SYSROOT_DIR=$work/root LD_LIBRARY_PATH=$libdir
flags=$(pkg-config --cflags --libs xsnr)
[ "$(pkg-config --modversion xsnr)" = "$("$build/bin/xsnr" --version | awk '{print $2}')" ] || { echo "xsnr.pc: another version"; exit 1; }
# What --static names must be there: libraries that the linker finds, no path of the build, and no more than once.
for word in $(pkg-config --libs --static xsnr); do
    case $word in
    -L* | -pthread) ;;
    -l*) echo 'int main(void) { return 0; }' | cc -x c - -o "$work/linked" -L"$libdir" "$word" || { echo "xsnr.pc: $word is not found"; exit 1; } ;;
    *) echo "xsnr.pc: '$word' among the libraries"; exit 1 ;;
    esac
done
! grep -F "$build" "$pc" || { echo "xsnr.pc: a path of the build"; exit 1; }
readelf -d "$libdir/libxsnr.so" | grep -q 'soname: \[libxsnr.so.0\]' || { echo "libxsnr.so: no soname libxsnr.so.0"; exit 1; }
bare=$(nm -D --defined-only "$libdir/libxsnr.so" | awk '$2 == "T" && $3 !~ /@@XSNR_0$/ {print $3}')
[ -z "$bare" ] || { echo "exported without the version XSNR_0: $bare"; exit 1; }
[ -e "$(find "$work/root" -name xsnr.3)" ] || { echo "xsnr.3 is not installed"; exit 1; }

mkdir "$work/empty"
cp "$source"/examples/*.c "$source"/examples/*.cpp "$work/empty"
cd "$work/empty"
sanitize=$(sed -n 's/^XSNR_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
[ -z "$sanitize" ] || flags="$flags -fsanitize=$sanitize"
# shellcheck disable=SC2086
cc -std=c17 -pedantic -Wall -Wextra -Werror minimal.c -o minimal $flags
[ "$(wc -l < minimal.c)" -lt 80 ] || { echo "minimal.c has 80 lines or more"; exit 1; }
./minimal study > out 2> err || { cat err; exit 1; }
[ -s study/report.html ] && [ -s study/results.json ] || { echo "minimal: no report"; exit 1; }
grep -q '20 models, [0-9]* words' out || { cat out; exit 1; }
if ./minimal "$work/log" 2> err; then echo "minimal: a file in the place of a folder is no error"; exit 1; fi
[ -s err ] || { echo "minimal: fails without a word"; exit 1; }
# shellcheck disable=SC2086
cc -std=c17 -pedantic -Wall -Wextra -Werror own_explainer.c -o own_explainer $flags
./own_explainer own > out 2> err || { cat err; exit 1; }
grep -q '^tfidf *windows ' out && grep -q '^ *windows \|^linguistic *windows ' out && grep -q '^windows: {"foreign":true,"version":"1.0","settings":"width: 3"' out ||
    { cat out; exit 1; }
"$build/bin/xsnr" analyze own/study.xsnr > again
grep -v '^[a-z_]*: {' out | cmp - again || { echo "own_explainer: the program xsnr reads another table from its file"; exit 1; }
if command -v g++ > /dev/null; then
    # shellcheck disable=SC2086
    g++ -std=c++17 -pedantic -Wall -Wextra -Werror analyze.cpp -o analyze $flags
    ./analyze | grep -q '"snr"'
fi
