#!/bin/bash
# The plans of studies/ and the tables of docs/case-study.md: each plan, with few models and on small generated texts, runs by studies/run; the tables
# say what results.json says.   studies.sh BUILD
set -euo pipefail
build=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XSNR=$build/bin/xsnr XSNR_DATA=$work/data XSNR_STUDIES=$work/out
mkdir -p "$work/studies" "$work/data" "$XSNR_STUDIES/corpora"
cp "$root"/studies/* "$work/studies/"

# Texts in the places of all corpora.
for part in train:60 valid:20 test:30; do
    "$XSNR" corpus gazette -n "${part#*:}" --seed "${#part}" --truth "$work/${part%:*}.truth.jsonl" -o "$work/${part%:*}.tsv"
done
for name in subj rt-polarity sst2 checkthat-news allocine-fr; do mkdir "$work/data/$name" && cp "$work"/*.tsv "$work/data/$name/"; done
for name in gazette-1 gazette-3 gazette-6; do mkdir "$XSNR_STUDIES/corpora/$name" && cp "$work"/*.tsv "$work"/*.jsonl "$XSNR_STUDIES/corpora/$name/"; done
mkdir -p "$work/data/movies-eraser/docs"
for part in train:16 val:8 test:24; do
    for i in $(seq "${part#*:}"); do
        name=${part%:*}_$i.txt class=$([ $((i % 2)) = 0 ] && echo POS || echo NEG)
        printf 'this film is a %s one .\nthe end is number %d .\n' "$([ "$class" = POS ] && echo fine || echo dull)" "$i" > "$work/data/movies-eraser/docs/$name"
        printf '{"annotation_id": "%s", "classification": "%s", "evidences": [[{"docid": "%s", "start_token": 4, "end_token": 5, "text": "%s"}]]}\n' "$name" "$class" "$name" \
            "$([ "$class" = POS ] && echo fine || echo dull)"
    done > "$work/data/movies-eraser/${part%:*}.jsonl"
done
sed -i -e 's/^    models: .*/    models: 2/; s/count: .*}/count: 4}/; s/crossed: {.*}/crossed: {init: 2, order: 2}/; s/pairs: 25/pairs: 2/' \
    -e 's/^    type: encoder.*/&\n    epochs: 1\n    vocabulary: 300/' -e '/^    hidden:/s/256/32/' -e '/^statistics:/s/all/spans, normalizations, information, complexity, modes, sources/' \
    "$work"/studies/*.yaml

"$work/studies/run" > "$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
for plan in "$work"/studies/*.yaml; do
    name=$(basename "$plan" .yaml)
    [ -s "$XSNR_STUDIES/$name/results.json" ] || { echo "studies/run left out $name"; exit 1; }
done
"$work/studies/tables.py" > "$work/tables.md"
python3 - "$work/tables.md" "$XSNR_STUDIES" <<'P'
import json, pathlib, sys
text, folder = open(sys.argv[1], encoding="utf-8").read(), pathlib.Path(sys.argv[2])
assert "marks: single" in text, "plausibility is missing"
assert "### Redundancy" in text and "*a word at random*" in text and "Shares of the noise" in text, "a table is missing"
for path in folder.glob("*/results.json"):
    results = json.loads(path.read_text())
    part = text.split(f"### {path.parent.name}: ")[1].split("\n### ")[0]
    for family in results["families"]:
        for explainer in family["explainers"]:
            noise = explainer["pooled"]["noise"]
            said = "–" if noise is None else f"{noise:.1e}" if noise and noise < 1e-3 else f"{noise:.3g}"
            assert any(row.startswith(f"| {family['name']} |") and f"| {said} |" in row for row in part.splitlines()), (path, family["name"], said)
P
# A page with the marks is rewritten between them, and only there.
printf 'before\n<!-- tables -->\nold\n<!-- /tables -->\nafter\n' > "$work/page.md"
"$work/studies/tables.py" --into "$work/page.md" gazette-1
grep -q '^before$' "$work/page.md" && grep -q '^after$' "$work/page.md" && grep -q '^### gazette-1' "$work/page.md" && ! grep -q '^old$' "$work/page.md"
# What is not there is said.
if "$work/studies/tables.py" none 2> "$work/error"; then echo "tables of a study that is not there"; exit 1; fi
grep -q 'none/results.json.*studies/run none makes it' "$work/error"
echo "$(ls "$XSNR_STUDIES"/*/results.json | wc -l) studies ran; their tables agree with their results"
