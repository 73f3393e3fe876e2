"""The analysis of a study as a script in NumPy does it, for the peers of whole studies.

Of a text and a method: signal, noise and corrected SNR with a jackknife over models, orders 2 to 4, correlations of all pairs of models, overlap of the
top five, 100 split halves, mean and interval of every word; the pooled SNR; all of it as JSON, and a page of coloured words."""
import html
import json

import numpy as np


def snr(e):
    models, words = e.shape
    d = e - e.mean(0)
    noise = np.einsum("ij,ij->", d, d) / (words * (models - 1))
    d = d - d.mean(1, keepdims=True)
    interaction = np.einsum("ij,ij->", d, d) / ((words - 1) * (models - 1))
    signal = e.mean(0).var(ddof=1) - interaction / models
    return signal, noise, signal / noise


def of_a_text(e):
    """Everything that is said of one text; e: models x words, every row divided by its sum of sizes."""
    models, words = e.shape
    signal, noise, ratio = snr(e)
    out = {"signal": signal, "noise": noise, "snr": ratio, "mean": e.mean(0).tolist(),
           "interval": np.quantile(e, [0.025, 0.975], axis=0).tolist()}
    if models > 2:
        left = np.array([snr(np.delete(e, m, 0))[2] for m in range(models)])
        out["standard_error"] = float(np.sqrt((models - 1) / models * ((left - left.mean()) ** 2).sum()))
    d = e - e.mean(0)
    for order in (2, 3, 4):
        out[f"order{order}"] = snr(d ** order)[2]
    pairs = np.triu_indices(models, 1)
    out["pearson"] = float(np.corrcoef(e)[pairs].mean())
    ranks = e.argsort(1).argsort(1)
    out["spearman"] = float(np.corrcoef(ranks)[pairs].mean())
    top = np.zeros_like(e)
    np.put_along_axis(top, np.argsort(-abs(e), 1)[:, :5], 1, 1)
    out["top5"] = float((top @ top.T)[pairs].mean() / 5)
    rng, halves = np.random.default_rng(1), []
    for _ in range(100 if models > 3 else 0):
        order = rng.permutation(models)
        halves.append(np.corrcoef(e[order[:models // 2]].mean(0), e[order[models // 2:]].mean(0))[0, 1])
    out["halves"] = float(np.mean(halves)) if halves else None
    return out


def analyse(scores, texts, folder):
    """scores: method -> models x texts of arrays, a number a word; texts: their words.  Writes results.json and report.html; the SNRs."""
    results = {}
    for name, models in scores.items():
        rows = []
        for t in range(len(texts)):
            e = np.stack([m[t] for m in models]).astype(float)
            rows.append(of_a_text(e / np.maximum(abs(e).sum(1, keepdims=True), 1e-300)))
        results[name] = {"snr": float(np.mean([r["signal"] for r in rows]) / np.mean([r["noise"] for r in rows])), "texts": rows}
    (folder / "results.json").write_text(json.dumps(results, default=float))
    page = ["<!doctype html><meta charset=utf-8><title>study</title>"]
    for name, result in results.items():
        page.append(f"<h2>{html.escape(name)}: SNR {result['snr']:.3g}</h2>")
        for text, r in zip(texts, result["texts"]):
            most = max(map(abs, r["mean"])) or 1
            page.append("<p>" + " ".join(f'<span style="background:rgba({"200,0,0" if m < 0 else "0,0,200"},{abs(m) / most:.2f})">{html.escape(w)}</span>'
                                         for w, m in zip(text, r["mean"])))
    (folder / "report.html").write_text("\n".join(page))
    return {name: result["snr"] for name, result in results.items()}
