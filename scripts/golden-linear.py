#!/usr/bin/python3
"""Golden values of the linear models' tests, made by scikit-learn.

Writes tests/model/golden/linear.txt and quality.txt: plain numbers, one value a line after each heading, so that
the tests need no parser but fscanf.  Run from the root of the repository with Debian's python3-sklearn.
"""
import numpy as np
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.svm import LinearSVC

FOLDER = "tests/model/golden/"


def write(file, heading, values):
    file.write(heading + " %d\n" % np.size(values))
    for v in np.ravel(values):
        file.write("%.17g\n" % v)


def linear():
    rng = np.random.default_rng(1)
    n, d = 60, 8
    x = sparse.random(n, d, density=0.4, random_state=1, data_rvs=lambda k: rng.uniform(0.1, 1.5, k)).tocsr()
    x.sort_indices()
    z = x @ rng.normal(size=d) + rng.normal(size=n) * 0.3
    y2 = (z > np.median(z)).astype(int)
    y3 = np.digitize(z, np.quantile(z, [0.3, 0.7]))
    l2 = 0.01
    c = 1 / (l2 * n)
    with open(FOLDER + "linear.txt", "w") as f:
        write(f, "begin", x.indptr)
        write(f, "index", x.indices)
        write(f, "value", x.data)
        write(f, "label2", y2)
        write(f, "label3", y3)
        write(f, "l2", l2)
        solvers = {
            "logistic": LogisticRegression(solver="liblinear", C=c, tol=1e-10, max_iter=10000),
            "squared_hinge": LinearSVC(C=c, dual=False, tol=1e-10, max_iter=10000),
        }
        for name, solver in solvers.items():
            for classes, y in ((2, y2), (3, y3)):
                solver.fit(x, y)  # coefficients feature by feature, the bias last
                write(f, "%s%d" % (name, classes), np.vstack([solver.coef_.T, solver.intercept_]))


def calibration_error(p, y):
    """Guo et al. 2017: bins (b/15, (b + 1)/15]."""
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == y
    error = 0.0
    for b in range(15):
        inside = (confidence > b / 15) & (confidence <= (b + 1) / 15)
        if inside.any():
            error += inside.mean() * abs(hit[inside].mean() - confidence[inside].mean())
    return error


def quality():
    rng = np.random.default_rng(2)
    with open(FOLDER + "quality.txt", "w") as f:
        for link, classes in (("pair", 2), ("softmax", 2), ("softmax", 4)):
            n = 50
            y = rng.integers(0, classes - (classes == 4), n)  # with 4 classes, one never occurs among the labels
            logits = rng.normal(size=(n, classes)) * 2
            logits[np.arange(n), y] += 1.5
            if link == "pair":
                logits[:, 0] = -logits[:, 1]
                p = expit(logits)
            else:
                p = softmax(logits, axis=1)
            predicted = p.argmax(axis=1)
            write(f, "%s%d" % (link, classes), logits)
            write(f, "labels", y)
            write(f, "quality", [accuracy_score(y, predicted), f1_score(y, predicted, average="macro"),
                                 log_loss(y, p, labels=list(range(classes))), calibration_error(p, y)])


linear()
quality()
