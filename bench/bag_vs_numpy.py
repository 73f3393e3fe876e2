#!/usr/bin/python3
"""Accuracy of the family bag against the same network and recipe in NumPy: mean and deviation over seeds.

    bench/bag_vs_numpy.py FOLDER [--xsnr build/release/bin/xsnr] [--seeds 5]

FOLDER holds train.tsv and test.tsv.  Words here are what white space separates (subj, rt-polarity and sst2 come cut into words), in
lower case; xsnr cuts by UAX #29.  Nothing else of xsnr's is used: random numbers, batches, gradients and AdamW are NumPy's.
"""
import argparse
import collections
import json
import os
import subprocess
import tempfile

import numpy as np

HIDDEN, LAYER, MIN_COUNT, EPOCHS, BATCH = 64, 64, 2, 10, 32  # xsnr's defaults
RATE, WARMUP, DECAY, CLIP, DROPOUT, WORD_DROPOUT, SCALE = 2e-3, 0.1, 0.01, 1, 0.3, 0.3, 0.1


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").rsplit("\t", 1) for line in f][1:]
    classes = sorted({label for _, label in rows})
    return [text.lower().split() for text, _ in rows], np.array([classes.index(label) for _, label in rows])


def encode(texts, row):
    return [np.array([row.get(word, 0) for word in text] or [0]) for text in texts]


def forward(p, ids, rng=None):
    """Logits of texts, and what the backward pass needs; dropout where there is a generator."""
    length = np.array([len(i) for i in ids])
    begin = np.cumsum(length) - length
    rows = np.concatenate(ids)
    drop = [1.0, 1.0]
    if rng is not None:
        rows = np.where(rng.random(len(rows)) < WORD_DROPOUT, 0, rows)
        drop = [np.float32(1 / (1 - DROPOUT)) * (rng.random((len(ids), w)) >= DROPOUT) for w in (HIDDEN, LAYER)]
    m = np.add.reduceat(p["E"][rows], begin) / length[:, None].astype(np.float32) * drop[0]
    h = np.maximum(m @ p["W1"].T + p["b1"], 0) * drop[1]
    return h @ p["W2"].T + p["b2"], (rows, length, drop, m, h)


def gradients(p, logits, kept, y):
    rows, length, drop, m, h = kept
    probability = np.exp(logits - logits.max(1, keepdims=True))
    dz = probability / probability.sum(1, keepdims=True)
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    da = dz @ p["W2"] * drop[1] * (h > 0)
    dm = da @ p["W1"] * drop[0] / length[:, None].astype(np.float32)
    seen, place = np.unique(rows, return_inverse=True)
    times = np.zeros((len(y), len(seen)), np.float32)  # of a word in a text
    np.add.at(times, (np.repeat(np.arange(len(y)), length), place), 1)
    g = {"E": np.zeros_like(p["E"]), "W1": da.T @ m, "b1": da.sum(0), "W2": dz.T @ h, "b2": dz.sum(0)}
    g["E"][seen] = times.T @ dm
    return g


def train(ids, y, vocabulary, classes, seed):
    rng = np.random.default_rng(seed)
    p = {"E": SCALE * rng.standard_normal((vocabulary, HIDDEN)),
         "W1": rng.standard_normal((LAYER, HIDDEN)) / HIDDEN ** 0.5, "b1": np.zeros(LAYER),
         "W2": rng.standard_normal((classes, LAYER)) / LAYER ** 0.5, "b2": np.zeros(classes)}
    p = {k: v.astype(np.float32) for k, v in p.items()}
    first, second = ({k: np.zeros_like(v) for k, v in p.items()} for _ in range(2))
    steps = EPOCHS * -(-len(y) // BATCH)
    warm, step = int(WARMUP * steps), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(y))
        for i in range(0, len(y), BATCH):
            some = order[i:i + BATCH]
            rate = RATE * ((step + 1) / (warm + 1) if step < warm else (steps - step) / max(steps - warm, 1))
            step += 1
            logits, kept = forward(p, [ids[k] for k in some], rng)
            g = gradients(p, logits, kept, y[some])
            clip = min(1, CLIP / (sum(np.vdot(v, v) for v in g.values()) ** 0.5 + 1e-6))
            for k in p:
                d = np.float32(clip) * g[k]
                if not k.startswith("b"):
                    p[k] *= np.float32(1 - rate * DECAY)
                first[k] += np.float32(0.1) * (d - first[k])
                d *= d
                second[k] += np.float32(0.001) * (d - second[k])
                np.sqrt(second[k], out=d)
                d /= np.float32((1 - 0.999 ** step) ** 0.5)
                d += np.float32(1e-8)
                p[k] -= np.float32(rate / (1 - 0.9 ** step)) * first[k] / d
    return p


def numpy_accuracies(folder, seeds):
    texts, y = read(f"{folder}/train.tsv")
    held_out, truth = read(f"{folder}/test.tsv")
    count = collections.Counter(word for text in texts for word in set(text))
    row = {word: i for i, word in enumerate((w for w in count if count[w] >= MIN_COUNT), 1)}
    ids, test = encode(texts, row), encode(held_out, row)
    for seed in range(seeds):
        p = train(ids, y, len(row) + 1, y.max() + 1, seed)
        yield np.mean(forward(p, test)[0].argmax(1) == truth)


def xsnr_accuracy(program, folder, seeds):
    with tempfile.TemporaryDirectory() as at:
        with open(f"{at}/study.yaml", "w", encoding="utf-8") as f:
            f.write(f"corpus: {{train: {folder}/train.tsv, test: {folder}/test.tsv, explain: {{count: 1}}}}\n"
                    f"families: [{{name: bag, type: bag, models: {seeds}}}]\nexplainers: [occlusion]\n")
        subprocess.run([program, "run", f"{at}/study.yaml"], check=True, capture_output=True)
        with open(f"{at}/results.json", encoding="utf-8") as f:
            return json.load(f)["families"][0]["test"]["accuracy"]


def say(who, seeds, accuracy):
    print(f"{who:6} accuracy on test {accuracy['mean']:.4f}, deviation {accuracy['sd']:.4f}, "
          f"{accuracy['min']:.4f} to {accuracy['max']:.4f}, {seeds} seeds", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder")
    arguments.add_argument("--xsnr", default="build/release/bin/xsnr")
    arguments.add_argument("--seeds", type=int, default=5)
    a = arguments.parse_args()
    own = np.array(list(numpy_accuracies(a.folder, a.seeds)))
    say("numpy", a.seeds, {"mean": own.mean(), "sd": own.std(ddof=1), "min": own.min(), "max": own.max()})
    say("xsnr", a.seeds, xsnr_accuracy(a.xsnr, os.path.abspath(a.folder), a.seeds))


if __name__ == "__main__":
    main()
