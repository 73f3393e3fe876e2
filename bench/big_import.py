#!/usr/bin/python3
"""A large synthetic study to import: texts x models x explainers, one npz, rows made and written one at a time.

    bench/big_import.py OUT.npz [TEXTS MODELS EXPLAINERS]

Scores are a signal that belongs to the word, drawn once a text, plus noise of the model; 20 to 47 words a text, 33.5 on
average, so that the default (10,000 x 500 x 3) is 2.0 GB of float32.
"""
import struct
import sys
import zipfile

import numpy as np


def header(shape, dtype):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (np.dtype(dtype).str, tuple(shape))
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def member(archive, name, shape, dtype, rows):
    with archive.open(name + ".npy", "w", force_zip64=True) as out:
        out.write(header(shape, dtype))
        for row in rows:
            out.write(np.ascontiguousarray(row, dtype=dtype).tobytes())


def main(path, texts=10_000, models=500, explainers=3):
    random = np.random.default_rng(1)
    lengths = random.integers(20, 48, texts)
    words = int(lengths.sum())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        member(archive, "lengths", [texts], np.int64, [lengths])
        names = np.array(["t%05d" % t for t in range(texts)])
        member(archive, "texts", [texts], names.dtype, [names])
        tokens = np.array(["w%04d" % w for w in random.integers(0, 5000, words)])
        member(archive, "words", [words], tokens.dtype, [tokens])
        member(archive, "labels", [texts], np.int64, [random.integers(0, 2, texts)])
        for e in range(explainers):
            prefix = "encoder/method%d/" % (e + 1)
            signal = random.standard_normal(words, dtype=np.float32)
            noise = (signal + (e + 1) * random.standard_normal(words, dtype=np.float32) for _ in range(models))
            member(archive, prefix + "scores", [models, words], np.float32, noise)
            member(archive, prefix + "models", [models], np.int64, [np.arange(models)])
            member(archive, prefix + "targets", [models, texts], np.int64, (np.zeros(texts) for _ in range(models)))
    print("%d texts, %d words, %d models, %d explainers" % (texts, words, models, explainers))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 5):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
