#!/bin/bash
# xsnr.h compiles by itself, as C17 and as C++, without a warning.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '#include <xsnr/xsnr.h>' > "$work/a.c"
echo 'int main(void) { return xsnr_version()[0] == 0; }' >> "$work/a.c"
cp "$work/a.c" "$work/a.cpp"
cc -std=c17 -pedantic -Wall -Wextra -Werror -I"$1/include" -fsyntax-only "$work/a.c"
if command -v g++ > /dev/null; then
    sed -i 's/(void)/()/' "$work/a.cpp"
    g++ -std=c++17 -pedantic -Wall -Wextra -Werror -I"$1/include" -fsyntax-only "$work/a.cpp"
fi
