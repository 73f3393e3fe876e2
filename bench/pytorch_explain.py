#!/usr/bin/python3
"""The peer of `bench_explain`: the same encoder's gradients in PyTorch, written as captum does them.

    bench/pytorch_explain.py [ROUNDS]

2 layers, width 128, 2 heads, ff 512, 40 texts of 16 to 32 tokens, one thread.  saliency and input x gradient: all texts
in batches of 32, padded to the longest (and text by text, as most scripts do); integrated gradients: 20 points of one text
as one batch, as captum.attr.LayerIntegratedGradients does; occlusion: all words of one text as one batch.  One JSON line a
method: median, least and most milliseconds a text of the rounds."""
import json, statistics, sys, time

from pytorch_encoder import Bert, LENGTH, torch

TEXTS, STEPS = 40, 20


def ids_of_texts():
    generator = torch.Generator().manual_seed(1)
    texts = []
    for _ in range(TEXTS):
        n = int(torch.randint(16, 33, (1,), generator=generator))
        inner = torch.randint(5, 8000, (n - 2,), generator=generator)
        texts.append(torch.cat([torch.tensor([2]), inner, torch.tensor([3])]))
    return texts


def padded(texts):
    longest = max(len(t) for t in texts)
    ids = torch.zeros(len(texts), longest, dtype=torch.long)
    mask = torch.full((len(texts), 1, 1, longest), -1e9)
    for i, t in enumerate(texts):
        ids[i, :len(t)], mask[i, :, :, :len(t)] = t, 0
    return ids, mask


def run(model, vectors, mask):
    """Logits from word vectors: the model's forward pass after its word embedding."""
    x = model.norm(vectors + model.kind.weight[0] + model.place.weight[:vectors.shape[1]])
    for layer in model.layers:
        x = layer(x, mask)
    return model.classify(torch.tanh(model.pooler(x[:, 0])))


def input_x_gradient(model, texts, batch):
    for i in range(0, len(texts), batch):
        ids, mask = padded(texts[i:i + batch])
        e = model.word(ids).detach().requires_grad_()
        g, = torch.autograd.grad(run(model, e, mask)[:, 1].sum(), e)
        (e * g).sum(-1)


def saliency(model, texts, batch):
    for i in range(0, len(texts), batch):
        ids, mask = padded(texts[i:i + batch])
        e = model.word(ids).detach().requires_grad_()
        g, = torch.autograd.grad(run(model, e, mask)[:, 1].sum(), e)
        g.norm(dim=-1)


def integrated_gradients(model, texts):
    points = torch.linspace(0, 1, STEPS).view(-1, 1, 1)
    for t in texts:
        ids, mask = padded([t])
        e = model.word(ids).detach()
        b = e.clone()
        b[:, 1:-1] = model.word.weight[0].detach()
        way = (b + points * (e - b)).requires_grad_()
        g, = torch.autograd.grad(run(model, way, mask.expand(STEPS, -1, -1, -1))[:, 1].sum(), way)
        ((e - b) * g.mean(0)).sum(-1)


def occlusion(model, texts):
    with torch.no_grad():
        for t in texts:
            rows = t.repeat(len(t) - 1, 1)
            for k in range(1, len(t) - 1):
                rows[k, k] = 4
            ids, mask = padded(list(rows))
            run(model, model.word(ids), mask)[:, 1]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model, texts = Bert(8000, 2).eval(), ids_of_texts()
    methods = {"input_x_gradient (batches of 32)": lambda: input_x_gradient(model, texts, 32),
               "input_x_gradient (one by one)": lambda: input_x_gradient(model, texts, 1),
               "saliency (batches of 32)": lambda: saliency(model, texts, 32),
               "integrated_gradients, 20 points": lambda: integrated_gradients(model, texts),
               "occlusion": lambda: occlusion(model, texts)}
    print(json.dumps({"torch": torch.__version__, "threads": 1, "length": LENGTH}))
    for name, method in methods.items():
        method()
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            method()
            times.append(1e3 * (time.perf_counter() - began) / TEXTS)
        print(json.dumps({"method": name, "ms_per_text": round(statistics.median(times), 4), "least": round(min(times), 4),
                          "most": round(max(times), 4)}), flush=True)


if __name__ == "__main__":
    main()
