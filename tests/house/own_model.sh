#!/bin/bash
# The worked example of docs/own-model.md, from its own text.
set -eu
doc=$1/docs/own-model.md
export PATH="$2/bin:/usr/bin:$PATH"
/usr/bin/python3 -c 'import sklearn' 2> /dev/null || { echo "python3-sklearn is missing; skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for name in train.py predict.py study.yaml; do # the block that follows the file's name
    awk -v name="\`$name\`:" '$0 == name {wanted = 1} /^```/ {if (inside) exit; if (wanted) {inside = 1; next}} inside' "$doc" > "$name"
    [ -s "$name" ] || { echo "docs/own-model.md has no $name"; exit 1; }
done
sed -n '/^## An example/,/^`train.py`/s/^    //p' "$doc" > prepare.sh
sh -eu prepare.sh
python3 train.py
xsnr run -q study.yaml > table
grep -q '^sklearn *occlusion' table && grep -q '^sklearn *shapley' table && grep -q '^sklearn *lime' table
xsnr check study.xsnr
sed -i '/command: python3/d; s/models: 5/models: ["python3 predict.py model-0.pickle", "python3 predict.py model-1.pickle", "python3 predict.py model-2.pickle"]/' study.yaml
sed -i 's/^explainers: .*/explainers: [occlusion]/' study.yaml
xsnr run -q study.yaml -o listed > table
grep -q '^sklearn *3/3' table
sed -i 's/model-2/model-none/' study.yaml
! xsnr run -q study.yaml -o broken > /dev/null 2> message
grep -q "ended with status 1 after 0 of .* answers; it said: '.*| FileNotFoundError: .*model-none.pickle" message || { cat message; exit 1; }
