#!/usr/bin/env python3
"""The tables of docs/case-study.md, as Markdown, from the results of studies/run.

    studies/tables.py [STUDY ...]       default: every study that has results
    studies/tables.py --into docs/case-study.md [STUDY ...]

Reads STUDY/results.json below XSNR_STUDIES (default build/studies), the truth of gazette's words beside its corpora, and asks `xsnr compare` (XSNR, default
build/release/bin/xsnr) for groups of texts and words; nothing else is computed here but shares and rounding.  Explainers of a family that are the
same thing to it, with the same numbers, share a row.  --into replaces what stands between <!-- tables --> and <!-- /tables -->.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("XSNR_STUDIES", "build/studies"))
XSNR = os.environ.get("XSNR", "build/release/bin/xsnr")
SHORT = {"contribution": "contribution", "input_x_gradient": "input × gradient", "integrated_gradients": "integrated gradients",
         "attention_rollout": "rollout", "lrp_chefer": "Chefer's LRP", "attn_lrp": "AttnLRP", "occlusion": "occlusion", "shapley": "Shapley"}
NORMALIZATIONS = ["none", "l1", "l2", "max-abs", "min-max", "min-max-sum", "z-score", "rank"]
lines = []


def say(line=""):
    lines.append(line)


def number(value, digits=3):
    if value is None or not math.isfinite(value):
        return "–"
    if value and abs(value) < 10 ** -digits:
        return f"{value:.1e}"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def interval(value, ci):
    ends = "" if not ci or None in ci else f" [{number(ci[0])}, {number(ci[1])}]"
    return number(value) + ends


def snr_of(moment):
    return number((moment or {}).get("snr"))


def table(heading, rows, left=2):
    if not rows:
        return
    say("| " + " | ".join(heading) + " |")
    say("|" + "---|" * left + "---:|" * (len(heading) - left))
    for row in rows:
        say("| " + " | ".join(row) + " |")
    say()


def series(results):
    """(family, explainers' names, their explainer): one entry for explainers with the same signal and noise."""
    for family in results["families"]:
        rows = {}
        for explainer in family["explainers"]:
            p = explainer["pooled"]
            rows.setdefault((round_to(p["signal"]), round_to(p["noise"])), []).append(explainer)
        for group in rows.values():
            yield family, ", ".join(SHORT.get(e["name"], e["name"]) for e in group), group[0]


def round_to(value):
    return value if value is None else float(f"{value:.6g}")


def first_order(results):
    rows = []
    for family, names, explainer in series(results):
        p = explainer["pooled"]
        rows.append([family["name"], names, f"{family['models_equivalent']}/{family['models_trained']}",
                     number((family["accuracy"] or {}).get("mean")), number(p["signal"]), number(p["noise"]), interval(p["snr"], p["snr_ci"]),
                     number(p.get("explainer_noise") and p["explainer_noise"] / p["noise"]) if p.get("explainer_noise") else "",
                     number(p["models_needed"])])
    table(["family", "explainer", "models", "accuracy", "signal", "noise", "SNR, 95 % interval", "sampling's share of the noise", "needed"], rows)


def beyond(results):
    rows = []
    for family, names, explainer in series(results):
        p = explainer["pooled"]
        information, spans, modes = p.get("information") or {}, p.get("spans") or {}, p.get("modes") or {}
        one = (modes.get("texts_by_number") or [None])[0]
        rows.append([family["name"], names, number(p["snr"]), snr_of(p.get("order2")), snr_of(p.get("order3")), snr_of(p.get("bivariate_window5")),
                     snr_of((spans.get("ngrams") or {}).get("3")), snr_of(spans.get("sentences")), number(information.get("pi1")),
                     number(information.get("pi2")), number(information.get("kde")),
                     "–" if one is None else f"{sum(modes['texts_by_number']) - one}", number(modes.get("snr_within"))])
    table(["family", "explainer", "SNR", "order 2", "order 3", "pairs", "3 words", "sentences", "bits: means", "variances", "densities",
           "texts of several modes", "SNR in a mode"], rows)


def normalizations(results):
    rows = []
    for family, names, explainer in series(results):
        given = explainer["pooled"].get("normalizations")
        if given:
            rows.append([family["name"], names] + [snr_of(given.get(n)) for n in NORMALIZATIONS])
    table(["family", "explainer"] + NORMALIZATIONS, rows)


def trade_off(results):
    """What a reader gets: faithful to its model, true to the people who marked words, short."""
    rows = []
    for family, names, explainer in series(results):
        p, judged = explainer["pooled"], (explainer.get("faithfulness") or {}).get("mask") or {}
        marked, complexity = p.get("plausibility") or {}, p.get("complexity") or {}

        def falls(ranking):
            return number((judged.get(ranking) or {}).get("aopc_comprehensiveness"))

        rows.append([family["name"], names, number(p["snr"]), falls("own"), falls("mean"), falls("random")]
                    + [number((marked.get(w) or {}).get("average_precision")) for w in ("models", "mean")]
                    + [number((complexity.get(w) or {}).get("effective_words")) for w in ("models", "mean")])
    heading = ["family", "explainer", "SNR", "falls: own", "mean", "random", "marks: single", "mean", "words: single", "mean"]
    if all(row[6] == "–" for row in rows):
        rows, heading = [r[:6] + r[8:] for r in rows], heading[:6] + heading[8:]
    table(heading, rows)


def noise_by_source(results):
    found = [(f["name"], names, e["pooled"]) for f, names, e in series(results) if e["pooled"].get("sources")]
    if not found:
        return
    say("Shares of the noise, of initialisation, order and dropout, and of their interplay (×):")
    say()
    effects = [" × ".join(e["effect"]) for e in found[0][2]["sources"]["effects"]]
    table(["family", "explainer", "SNR"] + effects,
          [[family, names, number(p["snr"])] + [interval(e["share"], e["share_ci"]) for e in p["sources"]["effects"]] for family, names, p in found])


def groups(name):
    """Ratios of SNR of groups of texts or of words, for one explainer that all families have."""
    study = FOLDER / name / f"{name}.xsnr"
    rows = []
    for by in ("class", "correct", "part", "type"):
        out = subprocess.run([XSNR, "compare", study, "--by", by, "--explainer", "integrated_gradients", "--json"], capture_output=True, text=True)
        if out.returncode:
            sys.exit(f"studies/tables.py: {out.stderr.strip()}")
        for grouping in json.loads(out.stdout)["groupings"]:
            rows.append([by, grouping["family"], ", ".join(f"{g['name']} {number(g['snr'])}" for g in grouping["groups"]),
                         number(grouping["p"], 2), number(grouping["p_adjusted"], 2)])
    table(["by", "family", "SNR, integrated gradients", "p that all are alike", "adjusted"], rows)


def truth_of(name):
    """Where the cues of gazette's test texts start, by the texts' names: a text is named after its row."""
    path = FOLDER / "corpora" / name / "test.truth.jsonl"
    with open(path, encoding="utf-8") as rows:
        return {f"test:{i}": {w["start"] for w in json.loads(row)["words"] if w["log_odds"]} for i, row in enumerate(rows, 1)}


def cue_share(explainer, truth):
    """Of the mean explanation's size, the part that lies on cues; and the part of the words that are cues."""
    on = total = cues = words = 0
    for text in explainer["texts"]:
        starts = truth[text["id"]]
        for w in text["word"]:
            cue = w["start"] in starts
            total, words = total + abs(w["mean"]), words + 1
            on, cues = on + abs(w["mean"]) * cue, cues + cue
    return on / total, cues / words


def redundancy(names):
    """SNR and the cues' share of the explanation against the number of interchangeable cues of a text."""
    found = [(n, read(n)) for n in ("gazette-1", "gazette-3", "gazette-6") if n in names]
    if len(found) < 2:
        return
    say("### Redundancy: one, three and six interchangeable cues a text")
    say()
    cells, share = {}, {}
    for name, results in found:
        truth = truth_of(name)
        for family, explainers, explainer in series(results):
            key = (family["name"], explainers)
            cells.setdefault(key, {})[name] = interval(explainer["pooled"]["snr"], explainer["pooled"]["snr_ci"])
            share[key, name], chance = cue_share(explainer, truth)
            share[name] = chance
    table(["family", "explainer"] + [f"SNR, {n[8:]}" for n, _ in found] + [f"on cues, {n[8:]}" for n, _ in found],
          [[*key] + [row.get(n, "–") for n, _ in found] + [f"{share[key, n]:.0%}" if (key, n) in share else "–" for n, _ in found]
           for key, row in cells.items()]
          + [["*a word at random*", ""] + [""] * len(found) + [f"{share[n]:.0%}" for n, _ in found]])


def claim(names):
    """Every study's lowest SNR of a feature-based family against the encoder's highest, whatever the explainers."""
    rows = []
    for name in names:
        results = read(name)
        best = {}
        for family, explainers, explainer in series(results):
            p = explainer["pooled"]
            if p["snr"] is not None:
                best.setdefault(family["name"], []).append((p["snr"], explainers, p["snr_ci"]))
        if "encoder" not in best:
            continue
        low, high = min(best["encoder"])[:2], max(best["encoder"])
        cells = [f"{number(low[0])} ({low[1]}) to {interval(high[0], high[2])} ({high[1]})"]
        for family in ("tfidf", "tfidf-converged", "linguistic", "bag"):
            values = [v for v, e, _ in best.get(family, []) if e != "Shapley"]
            cells.append(f"{number(min(values))} to {number(max(values))}" if values else "–")
        rows.append([name, f"{next(f['models_equivalent'] for f in results['families'] if f['name'] == 'encoder')}"] + cells)
    table(["study", "encoders", "encoder, worst to best explainer", "tf-idf, SGD", "tf-idf, bootstrap", "linguistic", "bag"], rows, 1)


def read(name):
    path = FOLDER / name / "results.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; studies/run {name} makes it")


def study(name):
    results = read(name)
    say(f"### {name}: {results['study']}")
    say()
    first_order(results)
    noise_by_source(results)
    for heading, part in (("Other definitions of signal and noise", beyond), ("SNR under every normalisation", normalizations),
                          ("Faithful, plausible, short", trade_off)):
        say(f"<details><summary>{heading}</summary>")
        say()
        part(results)
        say("</details>")
        say()
    if (FOLDER / name / f"{name}.xsnr").exists():
        say("<details><summary>Groups of texts and of words</summary>")
        say()
        groups(name)
        say("</details>")
        say()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*")
    parser.add_argument("--into", type=Path)
    options = parser.parse_args()
    names = options.studies or sorted(p.parent.name for p in FOLDER.glob("*/results.json"))
    if not names:
        sys.exit(f"no results below {FOLDER}; studies/run makes them")
    if len(names) > 1:
        say("### All studies")
        say()
        claim(names)
        redundancy(names)
    for name in names:
        study(name)
    text = "\n".join(lines).rstrip() + "\n"
    if not options.into:
        return print(text, end="")
    page = options.into.read_text(encoding="utf-8")
    before, rest = page.split("<!-- tables -->\n")
    options.into.write_text(before + "<!-- tables -->\n" + text + "<!-- /tables -->" + rest.split("<!-- /tables -->")[1], encoding="utf-8")


if __name__ == "__main__":
    main()
