"""Attributions taken out of a PyTorch model: gradient times input of ten seeds of a bag of embeddings, up to the report.

    python3 torch_attributions.py report.html

captum's methods hand out tensors of the same shape, (tokens, width): sum over the width, and go on from there.
"""

import re
import sys
import tempfile
from pathlib import Path

import torch
import xsnr

SEEDS, EXPLAINED, WIDTH, EPOCHS = 10, 10, 16, 60
WORD = re.compile(r"\w+")


class Bag(torch.nn.Module):
    """Mean of word embeddings, one hidden layer."""

    def __init__(self, words, classes):
        super().__init__()
        self.embedding = torch.nn.Embedding(words, WIDTH, padding_idx=0)
        self.layers = torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.Tanh(), torch.nn.Linear(WIDTH, classes))

    def inside(self, embedded, mask):
        """Logits (texts, classes) of embedded tokens (texts, tokens, width)."""
        return self.layers((embedded * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))

    def forward(self, ids):
        return self.inside(self.embedding(ids), (ids > 0).float())


def train(seed, ids, gold, words, classes):
    torch.manual_seed(seed)
    model = Bag(words, classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(ids), gold).backward()
        optimizer.step()
    return model.eval()


def explain(model, ids):
    """(predicted class, scores (tokens,)): gradient of the predicted class's logit times the embedding, of one text."""
    embedded = model.embedding(ids[None]).detach().requires_grad_()
    logits = model.inside(embedded, torch.ones(1, len(ids)))
    target = int(logits.argmax())
    (gradient,) = torch.autograd.grad(logits[0, target], embedded)
    return target, (gradient * embedded)[0].sum(-1)


def main(page):
    torch.set_num_threads(1)
    names, texts, labels = xsnr.gazette(400, seed=1)
    tokens = [WORD.findall(text) for text in texts]
    number = {word: i + 1 for i, word in enumerate(sorted({w for words in tokens for w in words}))}  # 0 pads
    classes = sorted(set(labels))
    rows = [torch.tensor([number[w] for w in words]) for words in tokens]
    ids = torch.nn.utils.rnn.pad_sequence(rows[EXPLAINED:], batch_first=True)
    gold = torch.tensor([classes.index(label) for label in labels[EXPLAINED:]])

    explanations, predictions = [], []
    for seed in range(SEEDS):
        model = train(seed, ids, gold, len(number) + 1, len(classes))
        targets, scores = zip(*(explain(model, row) for row in rows[:EXPLAINED]))
        explanations.append(list(zip(tokens, scores)))
        predictions.append([classes[target] for target in targets])
    with tempfile.TemporaryDirectory() as folder:
        study = xsnr.import_explanations(
            explanations, Path(folder) / "torch.xsnr", texts=names[:EXPLAINED], labels=labels[:EXPLAINED],
            predictions=predictions, study="Ten seeds of a bag of embeddings", family="bag",
            explainer="input_x_gradient", unit="word",
        )  # fmt: skip
        with study:
            results = study.report(page)
    print(results.table())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "report.html")
