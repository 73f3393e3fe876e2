"""Thirty seeds of one scikit-learn classifier, explained by coefficient times value, up to the report.

    python3 seeds.py report.html

Every model sees the same texts and differs in the order of its updates alone.  Needs python3-sklearn.
"""

import re
import sys
import tempfile
from pathlib import Path

import xsnr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

SEEDS, EXPLAINED = 30, 20
WORD = re.compile(r"\w+")


def explain(model, vectorizer, text):
    """(tokens, attributions): a word's share of the logit of the predicted class, split among its occurrences."""
    row = vectorizer.transform([text])
    share = row.multiply(model.coef_).toarray()[0]
    if model.predict(row)[0] != model.classes_[1]:
        share = -share  # for the first class
    words = WORD.findall(text)
    columns = [vectorizer.vocabulary_.get(word.lower()) for word in words]
    return words, [0.0 if c is None else share[c] / columns.count(c) for c in columns]


def main(page):
    ids, texts, labels = xsnr.gazette(1000, seed=1)
    vectorizer = TfidfVectorizer(token_pattern=r"\w+").fit(texts[EXPLAINED:])
    features = vectorizer.transform(texts[EXPLAINED:])
    models = [
        SGDClassifier(loss="log_loss", max_iter=5, tol=None, random_state=seed).fit(features, labels[EXPLAINED:])
        for seed in range(SEEDS)
    ]
    held = texts[:EXPLAINED]
    with tempfile.TemporaryDirectory() as folder:
        study = xsnr.import_explanations(
            ([explain(model, vectorizer, text) for text in held] for model in models),
            Path(folder) / "seeds.xsnr",
            texts=ids[:EXPLAINED],
            labels=labels[:EXPLAINED],
            predictions=[model.predict(vectorizer.transform(held)).tolist() for model in models],
            study="Thirty seeds of SGD",
            family="sgd",
            explainer="contribution",
            unit="word",
        )
        with study:
            results = study.report(page)
    print(results.table())
    print(results.show(ids[0]))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "report.html")
