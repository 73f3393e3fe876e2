#!/bin/bash
# The driver of the benchmarks and its table, without measuring: what is wrong is said, what was measured before is kept, ratios point the right way.
#   bench.sh BUILD
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
refused() { # WHAT COMMAND…: fails and says WHAT
    local what=$1
    shift
    if "$@" > "$work/said" 2>&1; then echo "not refused: $*"; exit 1; fi
    grep -q "$what" "$work/said" || { cat "$work/said"; exit 1; }
}
refused 'no work is named nothing' python3 bench/run --only nothing -o "$work/results.json"
refused 'no subj below' env XSNR_DATA="$work" python3 bench/run --only sgd -o "$work/results.json"
refused 'no series is named nothing' python3 bench/scaling --only nothing --results "$work/scaling.json"
refused 'invalid int value' python3 bench/ranks --models many
[ ! -e "$work/results.json" ]

python3 - <<'P'
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("ranks", "bench/ranks")
ranks = importlib.util.module_from_spec(importlib.util.spec_from_loader("ranks", loader))
loader.exec_module(ranks)
lines = """10.0 recvfrom(9, ""..., 65536, 0, NULL, NULL) = 412
10.1 sendto(9, ""..., 18, MSG_NOSIGNAL, NULL, 0) = 18
11.0 recvfrom(9, ""..., 65536, 0, NULL, NULL) = 65536
11.5 recvfrom(9, ""..., 65536, 0, NULL, NULL) = 1000
11.5 recvfrom(9, 0x7f, 65536, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
11.6 recvfrom(8, ""..., 65536, 0, NULL, NULL) = 2000
12.0 sendto(9, ""..., 48, MSG_NOSIGNAL, NULL, 0) = 48
12.6 sendto(8, ""..., 49, MSG_NOSIGNAL, NULL, 0) = 49
"""
assert ranks.answered(lines.splitlines()) == [(48, 66536, 0.5), (49, 2000, 1.0)], ranks.answered(lines.splitlines())
P

python3 - "$work" <<'P'
import importlib.machinery, importlib.util, json, pathlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "bench")
loader = importlib.machinery.SourceFileLoader("run", "bench/run")
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)

def results(rows, **more):
    return {"format": "xsnr-bench-1", "date": "2026-01-02", "machine": {"cpu": "C", "processors": 2, "vectors": "AVX2", "memory_gb": 8, "load": 0.5},
            "peers": {}, "rounds": 3, "seconds": 60, "skipped": [], "notes": [],
            "measurements": [dict(zip(("section", "what", "who", "unit", "runs"), r)) for r in rows], **more}

before = results([("training", "a", "xsnr", "ms", [10, 30, 20]), ("training", "a", "peer", "ms", [50]), ("whole study", "w", "xsnr", "s", [1])])
now = results([("tokenizing", "t", "xsnr", "MB/s", [30]), ("tokenizing", "t", "peer", "MB/s", [10]), ("training", "a", "xsnr", "ms", [40])],
              peers={"numpy": "1.2"}, skipped=["torch"], notes=["alike"])
text = run.table.render(run.joined(before, now))
assert "| a | ms | 40.0 (40.0–40.0) |  |  |  |" in text, text           # measured again: the old runs are gone
assert "| t | MB/s | 30.0 (30.0–30.0) | peer | 10.0 (10.0–10.0) | 3.00 |" in text, text
assert "Skipped: torch." in text and "Checked: alike." in text and "numpy 1.2" in text and "2 minutes" in text, text
assert text.index("**training**") < text.index("**tokenizing**") < text.index("**whole study**"), text
assert "| a | ms | 20.0 (10.0–30.0) | peer | 50.0 (50.0–50.0) | 2.50 |" in run.table.render(run.joined(None, before))
pathlib.Path(sys.argv[1], "results.json").write_text(json.dumps(before))
P
printf 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n' > "$work/page.md"
python3 bench/table.py "$work/results.json" --into "$work/page.md"
grep -q '^before$' "$work/page.md" && grep -q '^after$' "$work/page.md" && grep -q '2.50' "$work/page.md" && ! grep -q '^old$' "$work/page.md"

cat > "$work/scaling.json" <<'J'
{"series": {"models": [{"n": 10, "cpu": 1, "wall": 1, "mb": 20, "file_mb": 1, "page_mb": 1}, {"n": 1000, "cpu": 100, "wall": 100, "mb": 20, "file_mb": 1, "page_mb": 1}]}}
J
python3 bench/scaling --only '' --results "$work/scaling.json" --plot "$work/plot.svg" > "$work/said"
grep -q '| 1,000 | 100.00 | 1.00 |' "$work/said"
python3 -c 'import sys, xml.dom.minidom; assert len(xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("circle")) == 4' "$work/plot.svg"
echo "driver, table and plot of the benchmarks do what they say"
