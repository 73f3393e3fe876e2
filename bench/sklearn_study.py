#!/usr/bin/python3
"""The peer of a whole study of linear models: scikit-learn trains, a loop explains, NumPy analyses.

    bench/sklearn_study.py CORPUS FOLDER [--models 100] [--texts 40]

CORPUS holds train.tsv and test.tsv.  tf-idf of words and bigrams in two texts at least; SGDClassifier(average=True) with scikit-learn's own rule of
stopping, models side by side in as many processes as there are processors; a word's score is what its word and half of its bigrams give to the
logit of the predicted class; then numpy_study.py.  One JSON line says what the stages took."""
import argparse, json, os, time
from multiprocessing import Pool
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

from numpy_study import analyse


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").rsplit("\t", 1) for line in f][1:]
    classes = sorted({label for _, label in rows})
    return [text for text, _ in rows], np.array([classes.index(label) for _, label in rows])


def words_of(features, row, cut):
    """(position, value, column) of every part of a text: a word's own, and half of a bigram's for each of its words."""
    values = dict(zip(row.indices, row.data))
    uses = {}
    parts = []
    for n in (1, 2):
        for i in range(len(cut) - n + 1):
            column = features.get(" ".join(cut[i:i + n]).lower())
            if column in values:
                uses[column] = uses.get(column, 0) + 1
                parts.append((i, n, column))
    return [(i + k, values[column] / uses[column] / n, column) for i, n, column in parts for k in range(n)]


def one_model(seed):
    model = SGDClassifier(loss="log_loss", average=True, random_state=seed).fit(X, Y)
    prediction = model.predict(TEST)
    scores = []
    for k, cut, parts in zip(CHOSEN, CUT, PARTS):
        e = np.zeros(len(cut))
        for position, value, column in parts:
            e[position] += model.coef_[0, column] * value
        scores.append(e if prediction[k] else -e)
    return (prediction == TRUTH).mean(), scores


def main():
    global X, Y, TEST, TRUTH, CHOSEN, CUT, PARTS  # for processes that are forked
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--texts", type=int, default=40)
    options = parser.parse_args()
    began = time.perf_counter()
    texts, Y = read(options.corpus / "train.tsv")
    held_out, TRUTH = read(options.corpus / "test.tsv")
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")
    X, TEST = vectorizer.fit_transform(texts), vectorizer.transform(held_out)
    CHOSEN = np.random.default_rng(1).choice(len(held_out), options.texts, replace=False).tolist()
    cut = vectorizer.build_tokenizer()
    CUT = [cut(held_out[k]) for k in CHOSEN]
    PARTS = [words_of(vectorizer.vocabulary_, TEST[k], words) for k, words in zip(CHOSEN, CUT)]
    ready = time.perf_counter()
    with Pool(os.cpu_count()) as pool:
        accuracy, scores = zip(*pool.map(one_model, range(1, options.models + 1)))
    made = time.perf_counter()
    ratios = analyse({"contribution": scores}, CUT, options.folder)
    print(json.dumps({"models": options.models, "seconds": time.perf_counter() - began, "reading": ready - began,
                      "models_seconds": made - ready, "analysis": time.perf_counter() - made, "accuracy": float(np.mean(accuracy)),
                      "snr": ratios, "sklearn": sklearn.__version__}))


if __name__ == "__main__":
    main()
