#!/usr/bin/python3
"""Signal, noise and SNR of one array: xsnr against NumPy (vectorised); and what a whole analysis of a text costs.

    bench/stats_vs_numpy.py [--bench build/release/bench/bench_stats] [--runs 31] [--json]

Both get the same arrays of float64, already in memory, on one thread; runs alternate in blocks.
"""
import argparse
import json
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import platform  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

SHAPES = [(100, 25), (100, 200), (1000, 200), (10000, 50)]
BLOCKS = 5


def numpy_snr(e):
    models, words = e.shape
    of_word, of_model = e.mean(0), e.mean(1, keepdims=True)
    d = e - of_word
    noise = np.einsum("ij,ij->", d, d) / (words * (models - 1))
    d -= of_model - of_word.mean()
    interaction = np.einsum("ij,ij->", d, d) / ((words - 1) * (models - 1))
    return (of_word.var(ddof=1) - interaction / models) / noise


def machine():
    with open("/proc/cpuinfo") as f:
        name = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "")
    return f"{name or platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def spread(ms):
    return f"{np.median(ms):.3f} ({min(ms):.3f}–{max(ms):.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/release/bench/bench_stats")
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--json", action="store_true", help="the times of every run, a line a shape, for bench/run")
    args = parser.parse_args()
    if not args.json:
        print(f"{machine()}; NumPy {np.__version__}; {args.runs} runs in {BLOCKS} alternating blocks; ms, median (range)\n")
        print("| models × words | SNR, NumPy | SNR, xsnr | everything, xsnr |\n|---|---|---|---|")
    for models, words in SHAPES:
        e = np.random.default_rng(1).normal(size=(models, words)) + np.sin(np.arange(words))
        theirs, ours, everything = [], [], []
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/array", "wb") as f:
                np.array(e.shape, np.uint64).tofile(f)
                e.tofile(f)
            for _ in range(BLOCKS):
                each = -(-args.runs // BLOCKS)
                numpy_snr(e)  # warm
                for _ in range(each):
                    start = time.perf_counter()
                    expected = numpy_snr(e)
                    theirs.append((time.perf_counter() - start) * 1e3)
                lines = subprocess.run([args.bench, folder + "/array", str(each + 1)], capture_output=True, text=True,
                                       check=True).stdout.split("\n")[1:-1]  # the first is the warm one
                for line in lines:
                    core, rest, snr = map(float, line.split())
                    assert abs(snr - expected) < 1e-9 * abs(expected)
                    ours.append(core)
                    everything.append(rest)
        if args.json:
            print(json.dumps({"models": models, "words": words, "numpy": theirs, "xsnr": ours, "everything": everything}), flush=True)
            continue
        print(f"| {models} × {words} | {spread(theirs)} | {spread(ours)} | {spread(everything)} |")


main()
