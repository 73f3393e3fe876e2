#!/usr/bin/python3
"""Reference values for intervals, pooled texts, split halves, subsets, modes and effect sizes, by NumPy, SciPy and scikit-learn.

    scripts/golden-sure.py          writes tests/stats/golden/sure.json
"""
import itertools
import json
import pathlib

import numpy as np
from scipy import stats
from sklearn import cluster

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/stats/golden/sure.json"


def signal_noise(e):
    M, n = e.shape
    r = e - e.mean(0) - e.mean(1, keepdims=True) + e.mean()
    return np.array([e.mean(0).var(ddof=1) - (r ** 2).sum() / ((n - 1) * (M - 1)) / M, e.var(0, ddof=1).mean()])


def snr(texts):
    signal, noise = np.sum([signal_noise(e) for e in texts], 0)
    return signal / noise


def without(texts):
    return np.array([snr([np.delete(e, m, 0) for e in texts]) for m in range(len(texts[0]))])


def error(x):
    return np.sqrt((len(x) - 1) / len(x) * ((x - x.mean()) ** 2).sum())


def interval(centre, reach):
    return [float(centre - reach), float(centre + reach)]


def jackknife(texts):
    M, x = len(texts[0]), without(texts)
    return {"snr": float(snr(texts)), "ci": interval(snr(texts), stats.t.ppf(0.975, M - 1) * error(x)),
            "corrected": float(M * snr(texts) - (M - 1) * x.mean())}


def ratio(a, b):
    va, vb = error(np.log(without(a))) ** 2, error(np.log(without(b))) ** 2
    df = (va + vb) ** 2 / (va ** 2 / (len(a[0]) - 1) + vb ** 2 / (len(b[0]) - 1))
    log = np.log(snr(a) / snr(b))
    return {"ratio": float(np.exp(log)), "ci": np.exp(interval(log, stats.t.ppf(0.975, df) * np.sqrt(va + vb))).tolist()}


def leave_one_out(e):
    z = np.arctanh([stats.pearsonr(e[m], np.delete(e, m, 0).mean(0))[0] for m in range(len(e))])
    return [float(np.tanh(z.mean()))] + np.tanh(interval(z.mean(), 1.96 * z.std(ddof=1) / np.sqrt(len(e)))).tolist()


def split_half(e):
    """Mean over all splits, and the deviation of one."""
    M = len(e)
    r = [stats.pearsonr(e[list(s)].mean(0), np.delete(e, s, 0).mean(0))[0] for s in itertools.combinations(range(M), M // 2)]
    return [float(np.mean(r)), float(np.std(r))]


def pairs(e, weight):
    """SNR from pairs of different models, each as often as both are drawn."""
    a, n = e - e.mean(1, keepdims=True), e.shape[1]
    w = np.outer(weight, weight) * (1 - np.eye(len(e)))
    return (w * (a @ a.T)).sum() / (n - 1) / ((w * ((e[:, None] - e) ** 2).sum(-1)).sum() / 2 / n)


def bootstrap(e, rng):
    """Studentised: estimate − z·error, z of resamples in their own jackknife errors."""
    M = len(e)

    def both(weight):
        drawn = np.repeat(np.arange(M), weight)
        left = np.array([pairs(e, weight - (np.arange(M) == m)) for m in drawn])
        return pairs(e, weight), error(left)

    estimate, own = both(np.ones(M, int))
    z = []
    for _ in range(4000):
        x, s = both(np.bincount(rng.integers(0, M, M), minlength=M))
        z.append((x - estimate) / s)
    return (estimate - np.quantile(z, [0.975, 0.025]) * own).tolist()


def subsets(e, size, k):
    """Over all subsets of the models: SNR, its deviation, rank correlation with all, how often the top words are those of all."""
    top = lambda x: set(np.argsort(-np.abs(x))[:k])  # noqa: E731
    x = [(snr([e[list(s)]]), stats.spearmanr(e[list(s)].mean(0), e.mean(0))[0], top(e[list(s)].mean(0)) == top(e.mean(0)))
         for s in itertools.combinations(range(len(e)), size)]
    x = np.array(x, float)
    return x.mean(0).tolist() + [float(x[:, 0].std(ddof=1))]


def modes(rng):
    """Two modes of 5 and 4 models, far apart; the values of modes.c, from the labels."""
    label = np.array([0, 1, 0, 0, 1, 1, 0, 0, 1])
    e = rng.normal(size=(2, 7))[label] * 20 + rng.normal(size=(9, 7))
    parts = [e[label == k] for k in (0, 1)]
    ss, within = ((e - e.mean(0)) ** 2).sum(), sum(((p - p.mean(0)) ** 2).sum() for p in parts)
    M, n = e.shape
    noise = within / ((M - 2) * n)
    signal = sum(len(p) * signal_noise(p)[0] for p in parts) / M
    between = ((ss - within) / n - noise) / (M - sum(len(p) ** 2 for p in parts) / M)
    return {"scores": e.tolist(), "share_between": 1 - within / ss, "noise_within": noise, "signal_within": signal,
            "snr_within": signal / noise, "snr_between": between / noise}


def gap(rng):
    """Gap statistic of three modes of 10, 8 and 6 models, k-means by scikit-learn: log W_k, and mean and deviation of log W*_k over 400 boxes."""
    e = rng.normal(size=(3, 8))[np.repeat([0, 1, 2], [10, 8, 6])] * 3 + rng.normal(size=(24, 8))
    u, d, _ = np.linalg.svd(e - e.mean(0), full_matrices=False)
    x = (u * d)[:, :5]

    def log_within(y):
        return [np.log(cluster.KMeans(k, n_init=10, random_state=k).fit(y).inertia_) for k in range(1, 7)]

    drawn = np.array([log_within(rng.uniform(x.min(0), x.max(0), x.shape)) for _ in range(400)])
    return {"scores": e.tolist(), "log_within": log_within(x), "reference": drawn.mean(0).tolist(), "deviation": drawn.std(0).tolist()}


def cliff(rng):
    """SNRs of two groups of texts (noise 1); Cliff's delta is 2U/(n m) − 1."""
    a, b = np.round(rng.normal(1, 0.5, 9), 1), np.round(rng.normal(0.7, 0.5, 7), 1)
    return {"a": a.tolist(), "b": b.tolist(), "delta": float(2 * stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)) - 1)}


def main():
    rng = np.random.default_rng(5)
    mean = [1.5 * rng.normal(size=n) for n in (9, 7, 5)]
    a = [m + rng.normal(size=(12, len(m))) for m in mean]
    b = [0.7 * m + rng.normal(size=(10, len(m))) for m in mean]
    out = {"a": [e.tolist() for e in a], "b": [e.tolist() for e in b], "text": jackknife(a[:1]), "pooled": jackknife(a),
           "ratio": ratio(a, b), "leave_one_out": leave_one_out(a[0]), "split_half": split_half(a[0]), "bootstrap": bootstrap(a[0], rng),
           "subsets": subsets(a[0], 4, 2), "modes": modes(rng), "cliff": cliff(rng), "gap": gap(np.random.default_rng(6))}
    OUT.write_text(json.dumps(out) + "\n")


main()
