#!/usr/bin/python3
"""The table of docs/performance.md from what bench/run measured.

    bench/table.py [RESULTS.json] [--into docs/performance.md]

--into replaces what stands between the lines <!-- bench --> and <!-- /bench --> of a file."""
import argparse
import json
import statistics
from pathlib import Path


def spread(row):
    middle = statistics.median(row["runs"])
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2 if middle >= 1 else 3

    def say(value):
        return f"{value:.{digits}f}"

    return f"{say(middle)} ({say(min(row['runs']))}–{say(max(row['runs']))})", middle


def render(results):
    m = results["machine"]
    peers = ", ".join(f"{name} {version}" for name, version in results["peers"].items())
    lines = [f"{m['cpu']}, {m['processors']} processors, {m['vectors']}, {m['memory_gb']} GB, load {m['load']} at the start, {results['date']}; {peers}; "
             f"{results['rounds']} rounds in turn, {results['seconds'] / 60:.0f} minutes in all. Medians (least–most) of the runs."]
    lines += [f"Skipped: {line}." for line in results["skipped"]] + [f"Checked: {line}." for line in results["notes"]]
    lines += ["", "| | unit | xsnr | peer | | times |", "|---|---|---:|---|---:|---:|"]
    section, seen = None, []
    for row in results["measurements"]:
        key = (row["section"], row["what"])
        if key in seen:
            continue
        seen.append(key)
        sides = {r["who"]: r for r in results["measurements"] if (r["section"], r["what"]) == key}
        if row["section"] != section:
            section = row["section"]
            lines.append(f"| **{section}** | | | | | |")
        ours, middle = spread(sides["xsnr"]) if "xsnr" in sides else ("", None)
        peers = [who for who in sides if who != "xsnr"] or [None]
        for who in peers:
            theirs, other = spread(sides[who]) if who else ("", None)
            ratio = "" if not (who and middle and other) else f"{middle / other if row['unit'].endswith('/s') else other / middle:.2f}"
            lines.append(f"| {row['what'] if who == peers[0] else ''} | {row['unit']} | {ours if who == peers[0] else ''} | {who or ''} | {theirs} | {ratio} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", default=Path(__file__).with_name("results.json"), type=Path)
    parser.add_argument("--into", type=Path)
    options = parser.parse_args()
    text = render(json.loads(options.results.read_text()))
    if not options.into:
        return print(text)
    page = options.into.read_text()
    before, rest = page.split("<!-- bench -->\n")
    after = rest.split("<!-- /bench -->")[1]
    options.into.write_text(f"{before}<!-- bench -->\n{text}\n<!-- /bench -->{after}")


if __name__ == "__main__":
    main()
