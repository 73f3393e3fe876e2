#!/usr/bin/python3
"""Logistic regressions solved to the optimum: scikit-learn's and LIBLINEAR's own program, for bench/run.

    bench/liblinear_vs_sklearn.py TRAIN.tsv [--fits 5]

tf-idf of words, penalty 1e-5, tolerance 1e-6; every fit on another bootstrap sample.  scikit-learn: LogisticRegression(solver="liblinear"),
the fit alone; LIBLINEAR: liblinear-train of the whole file, reading it included, since it says nothing else.  One JSON line: milliseconds by fit."""
import argparse
import json
import shutil
import subprocess
import tempfile
import time

import numpy as np
from sklearn.datasets import dump_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sklearn_study import read

L2, TOLERANCE = 1e-5, 1e-6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("--fits", type=int, default=5)
    options = parser.parse_args()
    texts, y = read(options.train)
    x = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+|[^\w\s]").fit_transform(texts)
    rng, program = np.random.default_rng(1), shutil.which("liblinear-train")
    times = {"scikit-learn": []} | ({"liblinear-train": []} if program else {})
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.fits):
            rows = rng.integers(0, len(y), len(y))
            model = LogisticRegression(solver="liblinear", C=1 / (L2 * len(y)), tol=TOLERANCE, max_iter=1000)
            began = time.perf_counter()
            model.fit(x[rows], y[rows])
            times["scikit-learn"].append(1e3 * (time.perf_counter() - began))
            if program:
                dump_svmlight_file(x[rows], 2 * y[rows] - 1, f"{folder}/sample", zero_based=False)
                began = time.perf_counter()
                subprocess.run([program, "-q", "-s", "0", "-B", "1", "-c", str(1 / (L2 * len(y))), "-e", str(TOLERANCE), f"{folder}/sample",
                                f"{folder}/model"], check=True, stdout=subprocess.DEVNULL)
                times["liblinear-train"].append(1e3 * (time.perf_counter() - began))
    print(json.dumps(times))


main()
