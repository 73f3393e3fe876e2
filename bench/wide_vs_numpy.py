#!/usr/bin/python3
"""Large arrays: one pass over many texts, jackknife, studentised bootstrap and Kendall, beside NumPy and SciPy in the same run.

    bench/wide_vs_numpy.py [--bench build/release/bench/bench_wide] [--runs 5] [--words 1000000]

Both get the same arrays in memory.  The pass is held against a plain read of the same array on the same threads; NumPy goes over
blocks of columns in double precision.
"""
import argparse
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import itertools  # noqa: E402
import platform  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

try:
    from scipy import stats
except ImportError:
    stats = None


def machine():
    with open("/proc/cpuinfo") as f:
        name = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "")
    return f"{name or platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def write(path, e, lengths):
    with open(path, "wb") as f:
        np.array([*e.shape, len(lengths)], np.uint64).tofile(f)
        np.array(lengths, np.uint64).tofile(f)
        e.tofile(f)


def ours(args, what, path, threads, runs):
    lines = subprocess.run([args.bench, what, path, str(threads), str(runs + 1)], capture_output=True, text=True, check=True)
    return np.array([[float(x) for x in line.split()] for line in lines.stdout.splitlines()[1:]])  # the first is the warm one


def timed(f, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        value = f()
        times.append((time.perf_counter() - start) * 1e3)
    return times, value


def numpy_moments(e, starts, block=2048):
    """Mean and variance of every word, noise and raw signal of every text; blocks of whole texts, in float64."""
    M = len(e)
    mean, variance = np.empty(e.shape[1]), np.empty(e.shape[1])
    raw, noise, interaction = np.empty(len(starts) - 1), np.empty(len(starts) - 1), np.empty(len(starts) - 1)
    t = 0
    while t < len(starts) - 1:
        u = max(t + 1, np.searchsorted(starts, starts[t] + block, "right") - 1)
        a, b = starts[t], starts[u]
        x = e[:, a:b].astype(np.float64)
        mean[a:b] = x.mean(0)
        variance[a:b] = x.var(0, ddof=1)
        at, n = starts[t:u] - a, np.diff(starts[t:u + 1])
        total = np.add.reduceat(variance[a:b], at)
        noise[t:u] = total / n
        m = np.add.reduceat(mean[a:b], at) / n
        raw[t:u] = np.add.reduceat((mean[a:b] - np.repeat(m, n)) ** 2, at) / (n - 1)
        rows = np.add.reduceat(x, at, axis=1) / n
        interaction[t:u] = (total * (M - 1) - n * rows.var(0) * M) / ((n - 1) * (M - 1))
        t = u
    return mean, variance, (raw - interaction / M) / noise


def signal_noise(e):
    M, n = e.shape
    d = e - e.mean(0)
    noise = (d ** 2).sum() / (n * (M - 1))
    d -= d.mean(1, keepdims=True)
    return e.mean(0).var(ddof=1) - (d ** 2).sum() / ((n - 1) * (M - 1)) / M, noise


def pooled(texts, rows):
    signal, noise = np.sum([signal_noise(e[rows]) for e in texts], 0)
    return signal / noise


def numpy_jackknife(texts):
    M = len(texts[0])
    without = np.array([pooled(texts, np.arange(M) != m) for m in range(M)])
    error = np.sqrt((M - 1) / M * ((without - without.mean()) ** 2).sum())
    t = stats.t.ppf(0.975, M - 1) if stats else 1.9842
    return pooled(texts, slice(None)) - t * error


def spread(ms):
    return f"{np.median(ms):.1f} ({min(ms):.1f}–{max(ms):.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/release/bench/bench_wide")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--words", type=int, default=1000000)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    print(f"{machine()}; NumPy {np.__version__}; ms, median (range) of {args.runs} runs\n")
    print("| | NumPy | xsnr |\n|---|---|---|")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        lengths = rng.integers(15, 46, args.words // 15)
        lengths = lengths[:np.searchsorted(np.cumsum(lengths), args.words)]
        lengths = np.append(lengths, args.words - lengths.sum())
        lengths = lengths[lengths > 1] if lengths[-1] > 1 else np.append(lengths[:-2], lengths[-2] + 1)
        e = rng.standard_normal((200, args.words), np.float32)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        path = folder + "/wide"
        write(path, e, lengths)
        theirs, (mean, variance, snr) = timed(lambda: numpy_moments(e, starts), 2)
        for threads in (1, 2):
            r = ours(args, "moments", path, threads, args.runs)
            assert np.allclose(r[0, 2:], [mean[0], variance[0], snr[0]], rtol=1e-9)
            share = np.median(r[:, 1] / r[:, 0])
            print(f"| 200 models × {args.words:,} words, {threads} thread{'s' * (threads > 1)} | "
                  f"{spread(theirs) if threads == 1 else ''} | {spread(r[:, 0])}; a read {spread(r[:, 1])}: {100 * share:.0f} % "
                  f"of its bandwidth, {e.nbytes / np.median(r[:, 0]) / 1e6:.1f} GB/s |")
        del e
        os.remove(path)
        words = np.full(40, 30)
        e = (np.tile(rng.normal(size=1200), (100, 1)) + rng.normal(size=(100, 1200))).astype(np.float32)
        write(path, e, words)
        texts = np.split(e.astype(np.float64), 40, axis=1)
        theirs, low = timed(lambda: numpy_jackknife(texts), args.runs)
        r = ours(args, "jackknife", path, 1, args.runs)
        assert abs(r[0, 1] - low) < 1e-4 * abs(low)
        print(f"| jackknife, 100 × 40 texts × 30 words | {spread(theirs)} | {spread(r[:, 0])} |")
        draws = [rng.integers(0, 100, 100) for _ in range(2000)]
        theirs, _ = timed(lambda: [pooled(texts, d) for d in draws], 1)
        r = ours(args, "bootstrap", path, 2, args.runs)
        print(f"| studentised bootstrap of the same, 2000 resamples | {spread(theirs)} | {spread(r[:, 0])} |")
        e = (rng.normal(size=1000) + rng.normal(size=(200, 1000))).astype(np.float32)
        write(path, e, [1000])
        if stats:
            some = list(itertools.combinations(range(200), 2))[::50]
            start = time.perf_counter()
            for a, b in some:
                stats.kendalltau(e[a], e[b])
            scipy = f"{(time.perf_counter() - start) * 1e3 / len(some) * 19900:.0f} (SciPy, from {len(some)} of 19,900 pairs)"
        r = ours(args, "kendall", path, 1, args.runs)
        print(f"| Kendall, cosine, overlaps of all pairs of 200 models, 1000 words | {scipy if stats else ''} | {spread(r[:, 0])} |")


main()
