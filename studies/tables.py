#!/usr/bin/env python3
"""The tables of docs/case-study.md, as Markdown, from the results of studies/run.

    studies/tables.py [STUDY ...]       default: every study that has results

Reads STUDY/results.json below XSNR_STUDIES (default build/studies); nothing is computed here but rounding.
"""

import json
import os
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("XSNR_STUDIES", "build/studies"))


def number(value, digits=3):
    if value is None:
        return "–"
    if value and abs(value) < 10 ** -digits:
        return f"{value:.1e}"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.0f}"


def interval(value, ci):
    ends = "" if None in ci else f" [{number(ci[0])}, {number(ci[1])}]"
    return number(value) + ends


def snr_of(moment):
    return number((moment or {}).get("snr"))


def table(heading, rows):
    print("| " + " | ".join(heading) + " |")
    print("|" + "---|" * 2 + "---:|" * (len(heading) - 2))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def series(results):
    for family in results["families"]:
        for explainer in family["explainers"]:
            yield family, explainer, explainer["pooled"]


def first_order(results):
    rows = []
    for family, explainer, pooled in series(results):
        rows.append([family["name"], explainer["name"],
                     f"{family['models_equivalent']}/{family['models_trained']}",
                     number((family["accuracy"] or {}).get("mean")), number(pooled["signal"]), number(pooled["noise"]),
                     interval(pooled["snr"], pooled["snr_ci"]), number(pooled["models_needed"])])
    table(["family", "explainer", "models", "accuracy", "signal", "noise", "SNR, 95 % interval", "needed"], rows)


def beyond(results):
    rows = []
    for family, explainer, pooled in series(results):
        information, spans = pooled.get("information") or {}, pooled.get("spans") or {}
        complexity = (pooled.get("complexity") or {}).get("models") or {}
        rows.append([family["name"], explainer["name"], number(pooled["snr"]), snr_of(pooled.get("order2")),
                     snr_of(pooled.get("bivariate_window5")), snr_of((spans.get("ngrams") or {}).get("3")),
                     snr_of(spans.get("sentences")), number(information.get("pi1")), number(information.get("pi2")),
                     number(complexity.get("effective_words"))])
    table(["family", "explainer", "SNR", "order 2", "pairs", "3 words", "sentences", "bits, means", "bits, variances too",
           "effective words"], rows)


def main():
    names = sys.argv[1:] or sorted(p.parent.name for p in FOLDER.glob("*/results.json"))
    if not names:
        sys.exit(f"no results below {FOLDER}; studies/run makes them")
    for name in names:
        path = FOLDER / name / "results.json"
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            sys.exit(f"{path}: {error.strerror}; studies/run {name} makes it")
        print(f"### {results['study']}\n")
        first_order(results)
        beyond(results)


if __name__ == "__main__":
    main()
