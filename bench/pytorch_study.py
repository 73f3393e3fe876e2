#!/usr/bin/python3
"""The peer of a whole study of encoders: as a careful script in PyTorch and NumPy would do it.

    bench/pytorch_study.py IDS.jsonl FOLDER [--models 2] [--processes 2] [--texts 40]

IDS.jsonl is what `bench_encoder --ids` writes: xsnr's tokens, so that cutting the texts costs this script nothing.  Trains the models as
pytorch_encoder.py does, processes side by side with one thread each; predicts the test texts; explains the same 40 of them by
saliency, input x gradient (batches of 32), integrated gradients (50 points of a text as one batch, as captum does), Chefer's LRP and AttnLRP
(pytorch_lrp.py, batches of 32); then the statistics and the page of numpy_study.py.  Scores stay those of tokens.  Writes FOLDER/results.json and FOLDER/report.html; one JSON line says what the stages took."""
import argparse, json, time
from pathlib import Path

import numpy as np

from numpy_study import analyse
from pytorch_encoder import BATCH, batch_of, fit, torch
from pytorch_explain import run
from pytorch_lrp import attn_lrp, chefer

POINTS = 50


def gradient(model, ids, mask, target):
    e = model.word(ids).detach().requires_grad_()
    g, = torch.autograd.grad(run(model, e, mask).gather(1, target[:, None]).sum(), e)
    return e, g


def saliency(model, ids, mask, target):
    return gradient(model, ids, mask, target)[1].norm(dim=-1)


def input_x_gradient(model, ids, mask, target):
    e, g = gradient(model, ids, mask, target)
    return (e * g).sum(-1)


def integrated_gradients(model, ids, mask, target):
    node, weight = np.polynomial.legendre.leggauss(POINTS)
    point = torch.tensor((node + 1) / 2, dtype=torch.float32).view(-1, 1, 1)
    weight = torch.tensor(weight / 2, dtype=torch.float32).view(-1, 1, 1)
    e = model.word(ids).detach()
    b = e.clone()
    b[:, 1:-1] = model.word.weight[0].detach()
    way = (b + point * (e - b)).requires_grad_()
    g, = torch.autograd.grad(run(model, way, mask.expand(POINTS, -1, -1, -1))[:, target].sum(), way)
    return ((e - b) * (weight * g).sum(0)).sum(-1)


def in_batches(method, model, texts, target):
    rows = []
    for i in range(0, len(texts), BATCH):
        ids, mask, _ = batch_of(texts[i:i + BATCH])
        scores = method(model, ids, mask, target[i:i + BATCH])
        rows += [s[:len(t["ids"])].detach().numpy() for s, t in zip(scores, texts[i:i + BATCH])]
    return rows


def one_by_one(method, model, texts, target):
    rows = []
    for t, k in zip(texts, target.tolist()):
        ids, mask, _ = batch_of([t])
        rows.append(method(model, ids, mask, k)[0].detach().numpy())
    return rows


METHODS = {"saliency": (in_batches, saliency), "input_x_gradient": (in_batches, input_x_gradient),
           "integrated_gradients": (one_by_one, integrated_gradients), "lrp_chefer": (in_batches, chefer),
           "attn_lrp": (in_batches, attn_lrp)}


def one_model(job):
    seed, data, chosen, options = job
    model, record = fit(seed, data, options)
    test, logits = [t for t in data if t["split"] == "test"], []
    with torch.no_grad():
        for i in range(0, len(test), BATCH):
            ids, mask, _ = batch_of(test[i:i + BATCH])
            logits.append(model(ids, mask))
    prediction = torch.cat(logits).argmax(1)
    texts, target = [test[k] for k in chosen], prediction[chosen]
    began = time.perf_counter()
    scores = {name: way(method, model, texts, target) for name, (way, method) in METHODS.items()}
    return {"training": record["seconds"], "explaining": time.perf_counter() - began, "prediction": prediction.numpy(), "scores": scores}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--texts", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=0, help="no more steps a model than these (for trying it out)")
    options = parser.parse_args()
    began = time.perf_counter()
    with open(options.ids) as lines:
        data = [json.loads(line) for line in lines]
    tests = [t for t in data if t["split"] == "test"]
    chosen = np.random.default_rng(1).choice(len(tests), options.texts, replace=False).tolist()
    ready = time.perf_counter()
    jobs = [(seed, data, chosen, options) for seed in range(1, options.models + 1)]
    with torch.multiprocessing.get_context("spawn").Pool(min(options.processes, options.models)) as pool:
        models = pool.map(one_model, jobs, chunksize=1)
    made = time.perf_counter()
    texts = [[str(i) for i in tests[k]["ids"]] for k in chosen]
    ratios = analyse({name: [m["scores"][name] for m in models] for name in METHODS}, texts, options.folder)
    truth = np.array([t["label"] for t in tests])
    print(json.dumps({"models": options.models, "seconds": time.perf_counter() - began, "reading": ready - began,
                      "models_seconds": made - ready, "analysis": time.perf_counter() - made,
                      "training": [m["training"] for m in models], "explaining": [m["explaining"] for m in models],
                      "accuracy": float(np.mean([(m["prediction"] == truth).mean() for m in models])), "snr": ratios,
                      "torch": torch.__version__, "numpy": np.__version__}))


if __name__ == "__main__":
    main()
