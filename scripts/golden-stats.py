#!/usr/bin/python3
"""Reference values for the tests of src/math/distribution.c and src/stats, by implementations that share no
code with them: NumPy and SciPy, and for tail probabilities decimal arithmetic with 50 digits.

    scripts/golden-stats.py          writes tests/math/golden/distribution.json, tests/stats/golden/stats.json
"""
import json
import math
import pathlib
from decimal import Decimal as D, getcontext

import numpy as np
from scipy import stats

getcontext().prec = 50
ROOT = pathlib.Path(__file__).resolve().parent.parent / "tests"
PI = D("3.14159265358979323846264338327950288419716939937510582097494459")
BERNOULLI = [(1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798)]


def ln_gamma(x):
    """Stirling's series from an argument above 400, and the recurrence down."""
    shift = D(0)
    while x < 400:
        shift += x.ln()
        x += 1
    s = (x - D("0.5")) * x.ln() - x + (2 * PI).ln() / 2
    for k, (p, q) in enumerate(BERNOULLI, 1):
        s += D(p) / D(q) / (2 * k * (2 * k - 1)) / x ** (2 * k - 1)
    return s - shift


def incomplete_beta(a, b, x):
    """x^a (1-x)^b / (a B(a,b)) sum_n (a+b)_n / (a+1)_n x^n: all terms positive."""
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    term = total = D(1)
    n = 0
    while term > total * D("1e-48"):
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
    return (a * x.ln() + b * (1 - x).ln() - ln_beta).exp() / a * total


def f_upper(f, d1, d2):
    f, d1, d2 = D(f), D(d1), D(d2)
    return incomplete_beta(d2 / 2, d1 / 2, d2 / (d2 + d1 * f))


def t_two_sided(t, df):
    t, df = D(t), D(df)
    return incomplete_beta(df / 2, D("0.5"), df / (df + t * t))


def t_quantile(p, df):
    """SciPy's (1.10: right to 2e-11), polished by Newton steps on the decimal distribution."""
    if p == 0.5:
        return 0.0
    t = D(float(stats.t.ppf(p, df)))
    for _ in range(3):
        tail = t_two_sided(abs(t), df) / 2
        below = tail if t < 0 else 1 - tail
        t -= (below - D(p)) / D(float(stats.t.pdf(float(t), df)))
    return float(t)


def normal_upper(z):
    z = D(z)
    density = (-z * z / 2).exp() / (2 * PI).sqrt()
    if z < 4:  # Phi = 1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + ...)
        term, total, k = z, z, 1
        while abs(term) > D("1e-48"):
            k += 2
            term *= z * z / k
            total += term
        return D("0.5") - density * total
    fraction = D(0)
    for k in range(2000, 0, -1):
        fraction = k / (z + fraction)
    return density / (z + fraction)


def distributions():
    out = {"normal_upper": [[z, float(normal_upper(z))] for z in (0.0, 0.1, 0.5, 1.0, 1.96, 3.0, 3.9, 5.5, 12.0, 25.0, 37.0)]}
    out["normal_quantile"] = [[p, float(stats.norm.ppf(p))] for p in (1e-300, 1e-20, 1e-5, 0.025, 0.3, 0.5, 0.6, 0.975, 1 - 1e-9)]
    ts = [(t, df) for df in (0.5, 1.0, 2.0, 3.7, 10.0, 99.0, 5000.0) for t in (0.001, 0.3, 1.0, 2.0, 7.5, 60.0, 1e4)]
    out["t_two_sided"] = [[t, df, float(t_two_sided(t, df))] for t, df in ts]
    fs = [(f, a, b) for a, b in ((1, 1), (0.7, 3.3), (3, 6), (28.3, 2802.1), (39, 3861), (143, 28457), (9.5, 12000.25))
          for f in (1e-6, 0.2, 0.9, 1.0, 1.1, 2.5, 12.0, 60.0)]
    values = [[f, a, b, float(f_upper(f, a, b))] for f, a, b in fs]
    out["f_upper"] = [v for v in values if v[3] > 1e-300]
    out["t_quantile"] = [[p, df, t_quantile(p, df)] for df in (1, 2, 3, 9, 19.5, 99, 1999) for p in (1e-10, 0.025, 0.4, 0.5, 0.9, 0.975, 0.9999)]
    out["binomial_cdf"] = [[k, n, p, float(stats.binom.cdf(k, n, p))] for k, n, p in
                           ((0, 1, 0.5), (0, 10, 0.5), (3, 20, 0.5), (10, 20, 0.5), (120, 400, 0.5), (7, 30, 0.2), (29, 30, 0.9))]
    return out


def normalizations(e):
    """(8) x rows, NumPy and SciPy."""
    low, high = e.min(1, keepdims=True), e.max(1, keepdims=True)
    unit = (e - low) / (high - low)
    return {
        "none": e,
        "l1": e / np.abs(e).sum(1, keepdims=True),
        "l2": e / np.linalg.norm(e, axis=1, keepdims=True),
        "max-abs": e / np.abs(e).max(1, keepdims=True),
        "min-max": unit,
        "min-max-sum": unit / unit.sum(1, keepdims=True),
        "z-score": stats.zscore(e, axis=1),
        "rank": stats.rankdata(e, axis=1),
    }


def adjusted(p):
    """Benjamini and Hochberg, from the definition."""
    p, m = np.asarray(p), len(p)
    rank = stats.rankdata(p, method="max")
    return [min(1.0, min(q * m / r for q, r in zip(p, rank) if q >= x)) for x in p]


def statistics():
    rng = np.random.default_rng(7)
    e = np.round(rng.normal(0.4, 1, (9, 11)) * np.array([1, 0.1] * 5 + [3]), 2)  # rounded: ties
    out = {"scores": e.tolist(), "normalized": {k: v.tolist() for k, v in normalizations(e).items()}}
    t = stats.ttest_1samp(e, 0)
    se = e.std(0, ddof=1) / 3
    out["word"] = {"p": t.pvalue.tolist(), "p_adjusted": adjusted(t.pvalue), "skewness": stats.skew(e).tolist(),
                   "excess_kurtosis": stats.kurtosis(e).tolist(),
                   "ci_low": (e.mean(0) + t_quantile(0.025, 8) * se).tolist(),
                   "ci_high": (e.mean(0) + t_quantile(0.975, 8) * se).tolist()}
    for q in (25, 50, 75):
        out["word"]["q%d" % q] = np.percentile(e, q, axis=0).tolist()
    pairs = [(i, j) for i in range(9) for j in range(i + 1, 9)]
    out["pearson"] = float(np.mean([stats.pearsonr(e[i], e[j])[0] for i, j in pairs]))
    out["spearman"] = float(np.mean([stats.spearmanr(e[i], e[j])[0] for i, j in pairs]))
    out["kendall"] = float(np.mean([stats.kendalltau(e[i], e[j])[0] for i, j in pairs]))
    samples = {"short": np.round(rng.normal(0.3, 1, 12), 6), "longest_exact": rng.normal(0.2, 1, 25),
               "long": rng.normal(0.2, 1, 40), "ties": np.round(rng.normal(0.3, 1, 20), 1)}
    out["wilcoxon"] = []
    for name, x in samples.items():
        x = x[x != 0]
        how = "exact" if name in ("short", "longest_exact") else "approx"
        out["wilcoxon"].append({"x": x.tolist(), "p": float(stats.wilcoxon(x, mode=how, correction=False).pvalue)})
    out["mcnemar"] = [[b, c, float(stats.binomtest(min(b, c), b + c, 0.5).pvalue)] for b, c in
                      ((1, 5), (6, 16), (9, 10), (3, 20), (40, 64), (0, 6), (0, 5), (7, 7))]
    return out


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(" %s: %s" % (json.dumps(k), json.dumps(v)) for k, v in values.items())
    path.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    write(ROOT / "math/golden/distribution.json", distributions())
    write(ROOT / "stats/golden/stats.json", statistics())
