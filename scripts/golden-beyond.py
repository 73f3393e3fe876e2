#!/usr/bin/python3
"""Reference values for the statistics beyond first order and beyond univariate, by NumPy, SciPy and scikit-learn.

    scripts/golden-beyond.py          writes tests/stats/golden/beyond.json
"""
import json
import pathlib

import numpy as np
from scipy import linalg, special, stats
from sklearn.cluster import KMeans
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/stats/golden/beyond.json"


def signal_noise(e):
    M, n = e.shape
    r = e - e.mean(0) - e.mean(1, keepdims=True) + e.mean()
    raw, noise, ms = e.mean(0).var(ddof=1), e.var(0, ddof=1).mean(), (r ** 2).sum() / ((n - 1) * (M - 1))
    return [raw, noise, ms, raw - ms / M, (raw - ms / M) / noise]


def spans(e):
    out = {str(k): signal_noise(np.lib.stride_tricks.sliding_window_view(e, k, axis=1).sum(-1)) for k in (2, 3, 4, 5)}
    out["sentences"] = signal_noise(np.add.reduceat(e, [0, 4, 6], axis=1))
    return out


def several(es, shrink):
    M, n = es[0].shape
    z = np.stack([e / np.sqrt(e.var(0, ddof=1).mean()) for e in es], -1)  # (M, n, p)
    d = z - z.mean(0)
    p = len(es)
    between = np.cov(z.mean(0).T, ddof=1)
    noise = np.mean([np.cov(z[:, w].T, ddof=1) for w in range(n)], 0)
    r = (d - d.mean(1, keepdims=True)).reshape(-1, p)
    signal = between - r.T @ r / ((n - 1) * (M - 1)) / M
    each = np.einsum("mwa,mwb->mab", d, d) / n
    mean = each.mean(0)
    target = np.eye(p) * np.trace(mean) / p
    rho = min(1, ((each - mean) ** 2).sum() / M ** 2 / ((mean - target) ** 2).sum()) if shrink else 0
    noise = (1 - rho) * noise + rho * np.eye(p) * np.trace(noise) / p
    root = linalg.eigh(signal, noise, eigvals_only=True)
    raw = linalg.eigh(between, noise, eigvals_only=True)
    return [root.sum(), root[-1], raw.sum(), raw[-1], rho]


def information(e, folds):
    """Perceived information, bits a score: fold of model m is folds[m]."""
    M, n = e.shape
    out = {}
    for kind in ("pi1", "pi2", "kde"):
        total = 0.0
        for f in sorted(set(folds)):
            train, test = e[folds != f], e[folds == f]
            if kind == "pi1":
                logp = stats.norm.logpdf(test[:, :, None], train.mean(0), np.sqrt(train.var(0, ddof=1).mean()))
            elif kind == "pi2":
                logp = stats.norm.logpdf(test[:, :, None], train.mean(0), train.std(0, ddof=1))
            else:
                logp = np.stack([stats.gaussian_kde(train[:, v], "silverman").logpdf(test.ravel()).reshape(test.shape)
                                 for v in range(n)], -1)
            total += (np.diagonal(logp, axis1=1, axis2=2) - special.logsumexp(logp, -1)).sum()
        out[kind] = np.log2(n) + total / np.log(2) / (M * n)
    return out


def crossed(rng):
    """Three factors, every cell once: mean squares by least squares on indicator columns."""
    a, b, c = (g.ravel() for g in np.meshgrid(range(3), range(4), range(2), indexing="ij"))
    y = rng.normal(0, 2, 3)[a] + rng.normal(0, 1, 4)[b] + rng.normal(0, 1, (3, 4))[a, b] + rng.normal(0, 0.7, 24)
    y = np.round(np.stack([y, rng.normal(0, 1, 24) + rng.normal(0, 1, 2)[c]], 1), 3)
    factors = [np.eye(k)[x] for k, x in ((3, a), (4, b), (2, c))]

    def columns(s):
        x = np.ones((24, 1))
        for k in range(3):
            if s >> k & 1:
                x = np.einsum("ij,ik->ijk", x, factors[k]).reshape(24, -1)
        return x

    def projected(sets):
        x = np.hstack([columns(s) for s in sets])
        return x @ np.linalg.pinv(x) @ y

    levels, ms = (3, 4, 2), {}
    for s in range(1, 8):
        below = [t for t in range(8) if t & s == t and t != s]
        df = np.prod([levels[k] - 1 for k in range(3) if s >> k & 1])
        ms[s] = ((projected(below + [s]) - projected(below)) ** 2).sum(0) / df
    # expected mean squares: E MS_s = sum over t containing s of (24 / cells of t) var_t
    coefficients = np.array([[24 / np.prod([levels[k] for k in range(3) if t >> k & 1]) if t & s == s else 0
                              for t in range(1, 8)] for s in range(1, 8)])
    var = np.linalg.solve(coefficients, np.array([ms[s] for s in range(1, 8)]))
    return {"level": np.stack([a, b, c], 1).tolist(), "y": y.tolist(), "components": var.T.tolist()}


def nested(rng):
    """Henderson's method 1 by its quadratic forms, expectations from traces."""
    kind = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    text = np.array([0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 5, 5, 5, 6])
    y = np.round(rng.normal(0, 2, 3)[kind] + rng.normal(0, 1, 7)[text] + rng.normal(0, 0.5, 14), 3)
    zt, zc = np.eye(3)[kind], np.eye(7)[text]

    def hat(z):
        return z @ np.linalg.pinv(z)

    quadratic = [hat(zt) - hat(np.ones((14, 1))), hat(zc) - hat(zt), np.eye(14) - hat(zc)]
    v = [zt @ zt.T, zc @ zc.T, np.eye(14)]
    var = np.linalg.solve([[np.trace(q @ w) for w in v] for q in quadratic], [y @ q @ y for q in quadratic])
    return {"type": kind.tolist(), "context": text.tolist(), "y": y.tolist(), "variance": var.tolist()}


def rationales(rng):
    out = []
    for n in (12, 25):
        human = (rng.random(n) < 0.35).astype(int)
        score = np.round(human * 0.8 + rng.normal(0, 1, n), 1)  # rounded: ties
        precision, recall, _ = precision_recall_curve(human, score)
        a = np.abs(score) / np.abs(score).sum()
        gini = np.abs(a[:, None] - a[None]).sum() / (2 * n * n * a.mean())
        out.append({"human": human.tolist(), "score": score.tolist(), "auprc": auc(recall, precision),
                    "average_precision": average_precision_score(human, score), "auroc": roc_auc_score(human, score),
                    "entropy": stats.entropy(a), "gini": gini,
                    "words80": int(np.searchsorted(np.cumsum(np.sort(a)[::-1]), 0.8 - 1e-12) + 1)})
    return out


def values():
    rng = np.random.default_rng(11)
    e = np.round(rng.normal(0, 1, 9) + rng.normal(0, 1, (12, 9)) * np.linspace(0.5, 1.5, 9), 3)
    f = np.round(0.5 * e + rng.normal(0, 1, (12, 9)), 3)
    lam = linalg.eigvalsh(np.cov(e.T))[::-1]
    clusters = np.round(np.repeat(rng.normal(0, 3, (3, 4)), [9, 7, 5], 0) + rng.normal(0, 1, (21, 4)), 3)
    folds = np.arange(12) % 4
    return {"scores": e.tolist(), "other": f.tolist(), "eigenvalues": lam.tolist(),
            "participation_ratio": lam.sum() ** 2 / (lam ** 2).sum(), "spans": spans(e),
            "several": [several([e, f], False), several([e, f], True)], "clusters": clusters.tolist(),
            "inertia": [KMeans(k, n_init=100, random_state=0, tol=0).fit(clusters).inertia_ for k in range(1, 5)],
            "information": information(e, folds), "crossed": crossed(rng), "nested": nested(rng),
            "rationales": rationales(rng)}


if __name__ == "__main__":
    OUT.write_text("{\n" + ",\n".join(' "%s": %s' % (k, json.dumps(v)) for k, v in values().items()) + "\n}\n")
