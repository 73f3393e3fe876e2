#!/usr/bin/python3
"""Writes tests/explain/golden/lime.json: scikit-learn's weighted Ridge on the texts that explainer `lime` draws.

Development only (Debian's python3-sklearn); the tests read the file it left.  Nothing of xsnr is used: the generator
(Philox4x32-10, Salmon et al., SC 2011), the drawing of texts and what the model of tests/explain/test_lime.c says of them
are written down here a second time, so that the file checks the draws too.  Weights are those of the authors' package
(kernel width 25 for 100 d is 0.25 for d); standard errors are White's (HC1) of the ridge estimator, by plain inversion.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances

EXPLAIN, STATS = 5, 7  # streams
CASES = [  # words, seed, texts, width, ridge
    (5, 7, 60, 0.25, 1.0),
    (12, 8, 300, 0.5, 0.01),
    (30, 2**40 + 9, 500, 0.25, 1.0),
    (24, 10, 200, 1.0, 1e-6),
    (40, 11, 20, 0.25, 2.0),  # more words than texts
    (1, 12, 10, 0.25, 1.0),
]
MASK32 = 0xFFFFFFFF


class Philox:
    def __init__(self, seed, stream, a, b):
        self.key, self.counter, self.words = (seed & MASK32, seed >> 32), [0, stream, a, b], []

    def u32(self):
        if not self.words:
            c, (k0, k1) = list(self.counter), self.key
            for _ in range(10):
                p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [p1 >> 32 ^ c[1] ^ k0, p1 & MASK32, p0 >> 32 ^ c[3] ^ k1, p0 & MASK32]
                k0, k1 = k0 + 0x9E3779B9 & MASK32, k1 + 0xBB67AE85 & MASK32
            self.words = c
            self.counter[0] += 1
        return self.words.pop(0)

    def uniform(self):
        low = self.u32()
        return (low | self.u32() << 32) >> 11

    def below(self, n):  # Lemire 2019
        product = self.u32() * n
        while (product & MASK32) < 2**32 % n:
            product = self.u32() * n
        return product >> 32

    def permute(self, items):
        for i in range(len(items), 1, -1):
            j = self.below(i)
            items[i - 1], items[j] = items[j], items[i - 1]


def draw(words, seed, texts):
    z = np.ones((texts, words))
    for s in range(1, texts):
        rng = Philox(seed, EXPLAIN, s, 0)
        gone, order = 1 + rng.below(words), list(range(words))
        rng.permute(order)
        z[s, order[:gone]] = 0
    return z


def said(row):
    """A number of three digits for every set of words."""
    name = 0
    for w, there in enumerate(row):
        name = name * 31 + (w + 1 if there else 0) & MASK32
    return 1000 * Philox(1, STATS, name, 0).uniform() // 2**53 / 1000


def white(z, weight, v, model, ridge):
    """Of X'WX + ridge on all but the intercept, written out with the intercept as a column."""
    x = np.column_stack([z, np.ones(len(z))])
    penalty = np.diag([ridge] * z.shape[1] + [0])
    g = np.linalg.inv(x.T @ (weight[:, None] * x) + penalty) @ (x.T * weight)
    freedom = len(z) - z.shape[1] - 1
    inflation = len(z) / freedom if freedom > 0 else 1
    return np.sqrt(inflation * (g * (v - model.predict(z)))**2 @ np.ones(len(z)))[:-1]


def case(words, seed, texts, width, ridge):
    z = draw(words, seed, texts)
    v = np.array([said(row) for row in z])
    d = pairwise_distances(z, np.ones((1, words)), metric="cosine").ravel()
    weight = np.sqrt(np.exp(-d**2 / width**2))
    model = Ridge(alpha=ridge, fit_intercept=True, solver="cholesky").fit(z, v, sample_weight=weight)
    return {"words": words, "seed": seed, "samples": texts, "width": width, "ridge": ridge,
            "masks_sum": int(z.sum()), "said_sum": round(float(v.sum()), 3), "scores": model.coef_.tolist(),
            "standard_error": white(z, weight, v, model, ridge).tolist()}


path = pathlib.Path(__file__).parent.parent / "tests/explain/golden/lime.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": [case(*c) for c in CASES]}, indent=1) + "\n")
