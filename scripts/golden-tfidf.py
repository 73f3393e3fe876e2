#!/usr/bin/python3
"""Writes tests/text/golden/tfidf.json: what scikit-learn's TfidfVectorizer makes of given tokens.

Development only (Debian's python3-sklearn); the tests read the file it left.  The sentences are our own; they are
tokenised by spaces, and written so that the segmenter cuts them at the same places.
"""
import json
import pathlib

import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

TRAIN = [
    "the mayor said the bridge will open on monday .",
    "i think the bridge is a shameful waste , a shameful waste !",
    "the council will vote on the budget on monday",
    "who would open a bridge that nobody wants ?",
    "the budget , said the mayor , is not final",
    "le maire annonce la fin des travaux .",
    "la fin des travaux ? une honte , une honte !",
    "bridge bridge bridge bridge open",
]
TEST = [
    "the mayor will open the budget .",
    "nobody said the bridge is a waste",
    "words that were never seen",
    "honte !",
]
SETTINGS = [
    {"kind": "tfidf", "ngrams": 1, "min_count": 1, "max_features": 0, "sublinear": True},
    {"kind": "tfidf", "ngrams": 2, "min_count": 2, "max_features": 0, "sublinear": True},
    {"kind": "tfidf", "ngrams": 3, "min_count": 1, "max_features": 0, "sublinear": False},
    {"kind": "tfidf", "ngrams": 2, "min_count": 1, "max_features": 4, "sublinear": False},
    {"kind": "bow", "ngrams": 2, "min_count": 1, "max_features": 0, "sublinear": False},
]


def rows(matrix, names):
    out = []
    for i in range(matrix.shape[0]):
        row = matrix.getrow(i)
        out.append({names[j]: float(v) for j, v in zip(row.indices, row.data)})
    return out


cases = []
for s in SETTINGS:
    common = {
        "tokenizer": str.split,
        "token_pattern": None,
        "lowercase": False,
        "ngram_range": (1, s["ngrams"]),
        "min_df": s["min_count"],
        "max_features": s["max_features"] or None,
    }
    if s["kind"] == "tfidf":
        vectorizer = TfidfVectorizer(sublinear_tf=s["sublinear"], smooth_idf=True, norm="l2", **common)
    else:
        vectorizer = CountVectorizer(**common)
    train = vectorizer.fit_transform(TRAIN)
    names = vectorizer.get_feature_names_out()
    cases.append({**s, "features": len(names), "train": rows(train, names), "test": rows(vectorizer.transform(TEST), names)})
target = pathlib.Path(__file__).parent.parent / "tests/text/golden/tfidf.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps({"scikit-learn": sklearn.__version__, "train": TRAIN, "test": TEST, "cases": cases},
                             indent=1, ensure_ascii=False) + "\n")
