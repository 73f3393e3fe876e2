#!/usr/bin/python3
"""One fit of a logistic regression: xsnr's averaged SGD against scikit-learn's SGDClassifier(average=True).

    bench/sgd_vs_sklearn.py TRAIN.tsv [--bench build/release/bench/bench_sgd] [--runs 21] [--json]

Both get the same matrix (tf-idf of words and bigrams in at least two texts) and the same penalty, scikit-learn's
default.  Runs alternate, each with another seed; the objective is computed here, for both by the same lines.
"""
import argparse
import json
import os
import platform
import subprocess
import tempfile
import time

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

L2 = 1e-4
EPOCHS, RATE, INIT_SCALE = 6, 1, 0.1  # xsnr's; scikit-learn stops by itself


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").rsplit("\t", 1) for line in f][1:]
    classes = sorted({label for _, label in rows})
    return [text for text, _ in rows], np.array([classes.index(label) for _, label in rows])


def objective(x, y, weights, bias):
    margins = (2 * y - 1) * (x @ weights + bias)
    return np.mean(np.logaddexp(0, -margins)) + L2 / 2 * weights @ weights


def machine():
    with open("/proc/cpuinfo") as f:
        name = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "")
    return f"{name or platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--bench", default="build/release/bench/bench_sgd")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--json", action="store_true", help="the times and objectives of every run, for bench/run")
    args = parser.parse_args()

    texts, y = read(args.train)
    x = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True,
                        token_pattern=r"\w+|[^\w\s]").fit_transform(texts)
    x.sort_indices()
    times, losses = {"scikit-learn": [], "xsnr": []}, {"scikit-learn": [], "xsnr": []}
    with tempfile.TemporaryDirectory() as folder:
        matrix, weights = folder + "/matrix", folder + "/weights"
        with open(matrix, "wb") as f:
            np.array([*x.shape, x.nnz], np.uint64).tofile(f)
            x.indptr.astype(np.uint64).tofile(f)
            x.indices.astype(np.uint32).tofile(f)
            x.data.astype(np.float64).tofile(f)
            y.astype(np.int32).tofile(f)
        SGDClassifier(loss="log_loss", average=True).fit(x, y)  # warm
        for seed in range(1, args.runs + 1):
            model = SGDClassifier(loss="log_loss", average=True, alpha=L2, random_state=seed)
            start = time.perf_counter()
            model.fit(x, y)
            times["scikit-learn"].append((time.perf_counter() - start) * 1e3)
            losses["scikit-learn"].append(objective(x, y, model.coef_[0], model.intercept_[0]))
            out = subprocess.run([args.bench, matrix, weights, str(L2), str(EPOCHS), str(RATE), str(INIT_SCALE),
                                  str(seed)], capture_output=True, text=True, check=True)
            times["xsnr"].append(float(out.stdout))
            w = np.fromfile(weights)
            losses["xsnr"].append(objective(x, y, w[:-1], w[-1]))

    if args.json:
        return print(json.dumps({"ms": times, "objective": losses, "features": x.shape[1]}))
    print(f"{machine()}; scikit-learn {sklearn.__version__}; {x.shape[0]} texts, {x.shape[1]} features, "
          f"{x.nnz} values; {args.runs} alternating runs\n")
    print("| | ms, median | ms, range | objective, mean | objective, worst |\n|---|---|---|---|---|")
    for who, ms in times.items():
        print(f"| {who} | {np.median(ms):.1f} | {min(ms):.1f}–{max(ms):.1f} | {np.mean(losses[who]):.6f} "
              f"| {max(losses[who]):.6f} |")


main()
