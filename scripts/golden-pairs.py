#!/usr/bin/python3
"""Reference values for the agreement of every two models, and for texts side by side, by NumPy and SciPy.

    scripts/golden-pairs.py          writes tests/stats/golden/pairs.json and wide.json
"""
import itertools
import json
import pathlib

import numpy as np
from scipy import spatial, stats

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/stats/golden"


def top(x, k):
    return set(np.lexsort((np.arange(len(x)), -np.abs(x)))[:k])


def overlap(x, y, p=0.9):
    n = len(x)
    shared = [len(top(x, d) & top(y, d)) / d for d in range(1, n + 1)]
    return p**n + (1 - p) / p * sum(p**d * a for d, a in enumerate(shared, 1))


def agreement(e):
    n = e.shape[1]
    pairs = list(itertools.combinations(e, 2))
    mean = lambda f: float(np.mean([f(x, y) for x, y in pairs]))  # noqa: E731
    jaccard = lambda k: mean(lambda x, y: len(top(x, k) & top(y, k)) / len(top(x, k) | top(y, k)))  # noqa: E731
    return {"scores": e.tolist(), "kendall_tau_b": mean(lambda x, y: stats.kendalltau(x, y)[0]),
            "cosine": mean(lambda x, y: 1 - spatial.distance.cosine(x, y)), "rank_biased_overlap": mean(overlap),
            "sign": mean(lambda x, y: np.mean(np.sign(x) == np.sign(y))),
            "jaccard": [jaccard(min(k, n)) for k in (1, 3, 5, 10, -(-n // 10))]}


def signal_noise(e):
    M, n = e.shape
    r = e - e.mean(0) - e.mean(1, keepdims=True) + e.mean()
    raw, noise, ms = e.mean(0).var(ddof=1), e.var(0, ddof=1).mean(), (r ** 2).sum() / ((n - 1) * (M - 1))
    return [raw, noise, ms, raw - ms / M, (raw - ms / M) / noise]


def wide(rng):
    lengths = [9, 2, 31, 16]
    e = (np.cos(np.arange(sum(lengths))) + 0.4 * rng.normal(size=(13, sum(lengths)))).astype(np.float32)
    x = e.astype(np.float64)
    return {"lengths": lengths, "scores": x.tolist(), "mean": x.mean(0).tolist(), "variance": x.var(0, ddof=1).tolist(),
            "texts": [signal_noise(part) for part in np.split(x, np.cumsum(lengths)[:-1], axis=1)]}


def main():
    rng = np.random.default_rng(8)
    signal = rng.normal(size=41)
    arrays = [signal[:12] + rng.normal(size=(7, 12)), 0.3 * signal + rng.normal(size=(20, 41)),
              rng.integers(-3, 4, size=(9, 25)).astype(float), np.round(signal[:8] + 0.2 * rng.normal(size=(30, 8)), 1)]
    (OUT / "pairs.json").write_text(json.dumps([agreement(e) for e in arrays]) + "\n")
    (OUT / "wide.json").write_text(json.dumps(wide(rng)) + "\n")


main()
