#!/bin/bash
# The tests in the folder given, by Debian's Python; 77 where it lacks what they need.
for module in pytest cffi numpy; do
    /usr/bin/python3 -c "import $module" 2> /dev/null || { echo "skipped: python3-$module is not installed"; exit 77; }
done
exec /usr/bin/python3 -m pytest -q -p no:cacheprovider "$1"
