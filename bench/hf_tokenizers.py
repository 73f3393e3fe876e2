#!/usr/bin/python3
"""The tokenizers library of Hugging Face on one core, for bench/run: MB/s of each of TOKENIZER.json over the texts of a TSV.

    bench/hf_tokenizers.py CORPUS.tsv TOKENIZER.json ...

5 passes, text by text; one JSON line a tokenizer."""
import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        texts = [line.rstrip("\n").rsplit("\t", 1)[0] for line in f][1:]
    size = sum(len(t.encode()) for t in texts)
    for path in sys.argv[2:]:
        tokenizer, rates = Tokenizer.from_file(path), []
        for _ in range(5):
            began = time.perf_counter()
            for text in texts:
                tokenizer.encode(text, add_special_tokens=False)
            rates.append(size / (time.perf_counter() - began) / 1e6)
        print(json.dumps({"tokenizer": path, "mb_per_s": rates}), flush=True)


main()
