#!/usr/bin/python3
"""The peer of `xsnr`'s encoder: the same architecture and recipe in PyTorch, on the same tokens.

    bench/pytorch_encoder.py IDS.jsonl [--seeds 1,2] [--epochs 4] [--processes 2] [--steps N]

IDS.jsonl, written by `bench_encoder --ids`, has {"ids": [...], "label": k, "split": "train"} a line.  One JSON line
a model: accuracy on test, seconds of training, steps; then models per minute and the set-up.  Fair to PyTorch: one
thread a process, processes side by side, padding to the longest of a batch of similar lengths, malloc that keeps
its memory, foreach AdamW where the version has it."""
import argparse, json, math, os, sys, time

KEEP = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "17179869184",
        "MALLOC_TOP_PAD_": "268435456", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
if any(os.environ.get(k) != v for k, v in KEEP.items()):
    os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **KEEP})

import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH, LENGTH, WIDTH, HEADS, LAYERS, WIDE, DROPOUT = 32, 64, 128, 2, 2, 512, 0.1


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, WIDE), nn.Linear(WIDE, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, x, bias):
        B, T, _ = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        p = self.drop(F.softmax(q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + bias, dim=-1))
        a = (p @ v).transpose(1, 2).reshape(B, T, WIDTH)
        x = self.norm1(x + self.drop(self.out(a)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Bert(nn.Module):
    def __init__(self, vocabulary, labels):
        super().__init__()
        self.word, self.place, self.kind = (nn.Embedding(n, WIDTH) for n in (vocabulary, LENGTH, 2))
        self.norm, self.drop = nn.LayerNorm(WIDTH, eps=1e-12), nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.pooler, self.classify = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, labels)
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Embedding)):
                nn.init.normal_(m.weight, std=0.02)
            if isinstance(m, nn.Linear):
                nn.init.zeros_(m.bias)
        with torch.no_grad():
            self.word.weight[0].zero_()

    def forward(self, ids, mask):
        x = self.word(ids) + self.kind.weight[0] + self.place.weight[:ids.shape[1]]
        x, bias = self.drop(self.norm(x)), mask
        for layer in self.layers:
            x = layer(x, bias)
        return self.classify(self.drop(torch.tanh(self.pooler(x[:, 0]))))


def batch_of(texts):
    longest = max(len(t["ids"]) for t in texts)
    ids = torch.zeros(len(texts), longest, dtype=torch.long)
    mask = torch.full((len(texts), 1, 1, longest), -1e9)
    for i, t in enumerate(texts):
        ids[i, :len(t["ids"])] = torch.tensor(t["ids"])
        mask[i, :, :, :len(t["ids"])] = 0
    return ids, mask, torch.tensor([t["label"] for t in texts])


def epoch_batches(train, generator):
    order = torch.randperm(len(train), generator=generator).tolist()
    groups = [sorted(order[i:i + 50 * BATCH], key=lambda k: len(train[k]["ids"])) for i in range(0, len(order), 50 * BATCH)]
    order = [k for g in groups for k in g]
    batches = [order[i:i + BATCH] for i in range(0, len(order), BATCH)]
    return [batches[k] for k in torch.randperm(len(batches), generator=generator).tolist()]


def fit(seed, data, options):
    """A trained model, and what its training took."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    train = [t for t in data if t["split"] == "train"]
    model = Bert(1 + max(max(t["ids"]) for t in data), 1 + max(t["label"] for t in data))
    still = [p for n, p in model.named_parameters() if n.endswith("bias") or "norm" in n]
    others = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "norm" in n)]
    try:
        adam = torch.optim.AdamW([{"params": others, "weight_decay": 0.01}, {"params": still, "weight_decay": 0.0}],
                                 lr=5e-4, foreach=True)
    except TypeError:
        adam = torch.optim.AdamW([{"params": others, "weight_decay": 0.01}, {"params": still, "weight_decay": 0.0}], lr=5e-4)
    total = options.epochs * ((len(train) + BATCH - 1) // BATCH)
    warm = int(0.1 * total)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda s: (s + 1) / (warm + 1) if s < warm else (total - s) / max(total - warm, 1))
    generator = torch.Generator().manual_seed(seed)
    began, steps, tokens = time.perf_counter(), 0, 0
    for _ in range(options.epochs):
        for rows in epoch_batches(train, generator):
            if options.steps and steps >= options.steps:
                break
            ids, mask, label = batch_of([train[k] for k in rows])
            loss = F.cross_entropy(model(ids, mask), label)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            schedule.step()
            steps, tokens = steps + 1, tokens + ids.numel()
    seconds = time.perf_counter() - began
    return model.eval(), {"seed": seed, "seconds": seconds, "steps": steps, "ms_per_step": 1e3 * seconds / max(steps, 1),
                          "padded_tokens": tokens}


def train_model(seed, data, options):
    model, record = fit(seed, data, options)
    right, test = 0, [t for t in data if t["split"] == "test"]
    with torch.no_grad():
        for i in range(0, len(test), BATCH):
            ids, mask, label = batch_of(test[i:i + BATCH])
            right += (model(ids, mask).argmax(1) == label).sum().item()
    return {**record, "accuracy": right / max(len(test), 1)}


def work(job):
    result = train_model(*job)
    print(json.dumps(result), flush=True)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ids")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--steps", type=int, default=0)
    options = parser.parse_args()
    with open(options.ids) as lines:
        data = [json.loads(line) for line in lines]
    seeds = [int(s) for s in options.seeds.split(",")]
    began = time.perf_counter()
    with torch.multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = pool.map(work, [(s, data, options) for s in seeds], chunksize=1)
    seconds = time.perf_counter() - began
    print(json.dumps({"models": len(results), "models_per_minute": 60 * len(results) / seconds,
                      "mean_accuracy": sum(r["accuracy"] for r in results) / len(results), "torch": torch.__version__,
                      "processes": options.processes, "threads": 1,
                      "capability": [l.strip() for l in torch.__config__.show().splitlines() if "CPU capability" in l],
                      "environment": {k: os.environ[k] for k in ("OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY") if k in os.environ},
                      "malloc": {k: v for k, v in KEEP.items() if k.startswith("MALLOC")}}))


if __name__ == "__main__":
    main()
