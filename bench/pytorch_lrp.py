#!/usr/bin/python3
"""The relevance methods in PyTorch, for the class Bert of pytorch_encoder.py, in batches.

    bench/pytorch_lrp.py --check FOLDER [--xsnr build/release/bin/xsnr]
    bench/pytorch_lrp.py --time ROUNDS

attn_lrp: Achtibat et al. (ICML 2024) in its efficient form, as the authors' package lxt has it: one backward pass of a forward pass whose
layer norms hold their deviation constant, whose activations pass their value over input as a constant, and whose products halve the gradient; times
the embeddings.  chefer: Chefer, Gur and Wolf (CVPR 2021), generate_LRP: the z⁺ rule down to every attention, times its gradient, rolled out.

--check: a folder that bench_explain wrote (config.json, model.safetensors); scores beside those of `xsnr explain`, which must agree.
--time: the texts and the lines of pytorch_explain.py."""
import argparse, json, math, statistics, struct, subprocess, sys, time

from pytorch_encoder import BATCH, Bert, F, HEADS, WIDTH, torch


def scaled(x, half=0.5):
    """x, whose gradient is halved."""
    return x * half + (x * (1 - half)).detach()


def identity_rule(x, y):
    """y = f(x) elementwise, whose relevance is passed on unchanged."""
    return x * (y / torch.where(x == 0, torch.full_like(x, 1e-9), x)).detach()


def norm(layer, x):
    mean = x.mean(-1, keepdim=True)
    deviation = (x.var(-1, unbiased=False, keepdim=True) + layer.eps).sqrt().detach()
    return (x - mean) / deviation * layer.weight + layer.bias


def heads(layer, x):
    B, T, _ = x.shape
    return layer.qkv(x).view(B, T, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)


def attn_lrp(model, ids, mask, target):
    e = model.word(ids).detach().requires_grad_()
    x = norm(model.norm, e + model.kind.weight[0] + model.place.weight[:ids.shape[1]])
    for layer in model.layers:
        q, k, v = heads(layer, x)
        p = F.softmax(scaled(q) @ scaled(k).transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + mask, dim=-1)
        a = (scaled(p) @ scaled(v)).transpose(1, 2).reshape(x.shape)
        x = norm(layer.norm1, x + layer.out(a))
        up = layer.up(x)
        x = norm(layer.norm2, x + layer.down(identity_rule(up, F.gelu(up))))
    pooled = model.pooler(x[:, 0])
    logits = model.classify(identity_rule(pooled, torch.tanh(pooled)))
    g, = torch.autograd.grad(logits.gather(1, target[:, None]).sum(), e)
    return (e * g).sum(-1).detach()


def divide(a, b):
    return torch.where(b == 0, torch.zeros_like(a), a / torch.where(b == 0, torch.ones_like(b), b + 1e-9))


def through_linear(layer, x, r):
    wp, wm = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
    xp, xm = x.clamp(min=0), x.clamp(max=0)
    s = divide(r, xp @ wp.T + xm @ wm.T)
    return xp * (s @ wp) + xm * (s @ wm)


def through_sum(a, b, r):
    def total(t):
        return t.flatten(1).sum(1).view(-1, *[1] * (t.dim() - 1))  # of a text
    s = divide(r, a + b)
    ra, rb = a * s, b * s
    sa, sb, all_of_it = total(ra), total(rb), total(r)
    size = sa.abs() + sb.abs()
    return ra * divide(divide(sa.abs(), size) * all_of_it, sa), rb * divide(divide(sb.abs(), size) * all_of_it, sb)


def through_fork(x, *r):
    return x * divide(sum(r), x)


def chefer(model, ids, mask, target):
    x = model.norm(model.word(ids) + model.kind.weight[0] + model.place.weight[:ids.shape[1]])
    kept = []
    for layer in model.layers:
        q, k, v = heads(layer, x)
        s = q @ k.transpose(-1, -2)
        p = F.softmax(s / math.sqrt(WIDTH // HEADS) + mask, dim=-1)
        c = p @ v
        flat = c.transpose(1, 2).reshape(x.shape)
        a = layer.out(flat)
        y = layer.norm1(x + a)
        g = F.gelu(layer.up(y))
        f = layer.down(g)
        kept.append((layer, x, q, k, v, s, p, c, flat, a, y, g, f))
        x = layer.norm2(y + f)
    pooled = torch.tanh(model.pooler(x[:, 0]))
    logits = model.classify(pooled)
    gradients = torch.autograd.grad(logits.gather(1, target[:, None]).sum(), [k[6] for k in kept])
    with torch.no_grad():
        r = F.one_hot(target, logits.shape[1]).to(logits.dtype)
        first = through_linear(model.pooler, x[:, 0], through_linear(model.classify, pooled, r))
        r = torch.zeros_like(x)
        r[:, 0] = first
        rolled = None
        B, T, _ = x.shape
        real = (mask[:, 0, 0] == 0)
        for (layer, x, q, k, v, s, p, c, flat, a, y, g, f), gradient in zip(reversed(kept), reversed(gradients)):
            rf, ry = through_sum(f, y, r)
            r = through_fork(y, ry, through_linear(layer.up, y, through_linear(layer.down, g, rf)))
            ra, rx = through_sum(a, x, r)
            rc = through_linear(layer.out, flat, ra).view(B, T, HEADS, -1).transpose(1, 2)
            S = divide(rc, c)
            rp, rv = p * (S @ v.transpose(-1, -2)) / 2, v * (p.transpose(-1, -2) @ S) / 2
            Sz = divide(rp, s)
            rq, rk = q * (Sz @ k) / 2, k * (Sz.transpose(-1, -2) @ q) / 2
            rqkv = torch.stack([rq, rk, rv]).permute(1, 3, 0, 2, 4).reshape(B, T, -1)
            r = through_fork(x, rx, through_linear(layer.qkv, x, rqkv))
            C = (gradient * rp).clamp(min=0).mean(1) + torch.eye(T, dtype=x.dtype)
            C = C / C.sum(-1, keepdim=True)
            rolled = C if rolled is None else rolled @ C
        row = rolled[:, 0]
        row[:, 0] = torch.where(real, row, torch.full_like(row, math.inf)).min(1).values
        return row * real


def load(folder, vocabulary):
    """The model of a folder in the names of Hugging Face's BERT."""
    with open(f"{folder}/model.safetensors", "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), bytearray(f.read())

    def tensor(name):
        name = name if name in header else "bert." + name
        begin, end = header[name]["data_offsets"]
        return torch.frombuffer(data[begin:end], dtype=torch.float32).view(header[name]["shape"]).clone()

    model, own = Bert(vocabulary, 2).eval(), {}
    for ours, theirs in (("word", "word_embeddings"), ("place", "position_embeddings"), ("kind", "token_type_embeddings")):
        own[f"{ours}.weight"] = tensor(f"embeddings.{theirs}.weight")
    for part in ("weight", "bias"):
        own[f"norm.{part}"] = tensor(f"embeddings.LayerNorm.{part}")
        own[f"pooler.{part}"], own[f"classify.{part}"] = tensor(f"pooler.dense.{part}"), tensor(f"classifier.{part}")
        for i in range(len(model.layers)):
            at = f"encoder.layer.{i}."
            own[f"layers.{i}.qkv.{part}"] = torch.cat([tensor(f"{at}attention.self.{n}.{part}") for n in ("query", "key", "value")])
            for ours, theirs in (("out", "attention.output.dense"), ("norm1", "attention.output.LayerNorm"),
                                 ("up", "intermediate.dense"), ("down", "output.dense"), ("norm2", "output.LayerNorm")):
                own[f"layers.{i}.{ours}.{part}"] = tensor(f"{at}{theirs}.{part}")
    model.load_state_dict(own)
    return model


def check(folder, xsnr):
    """Largest difference of the token scores from xsnr's, by method, as a share of the largest score."""
    torch.manual_seed(1)
    model, worst = load(folder, 8000).double(), {}
    for n in (12, 31):
        ids = [2, *torch.randint(5, 8000, (n - 2,)).tolist(), 3]
        for name, method in (("attn_lrp", attn_lrp), ("lrp_chefer", chefer)):
            out = subprocess.run([xsnr, "explain", "--model", folder, "--ids", ",".join(map(str, ids)), "--explainer", name + ":precision=double",
                                  "--target", "1", "--json"], check=True, capture_output=True, text=True).stdout
            theirs = torch.tensor(json.loads(out)["explanations"][name], dtype=torch.float64)
            ours = method(model, torch.tensor([ids]), torch.zeros(1, 1, 1, n, dtype=torch.float64), torch.tensor([1]))[0]
            worst[name] = max(worst.get(name, 0), ((ours - theirs).abs().max() / theirs.abs().max()).item())
    return worst


def time_methods(rounds):
    from pytorch_explain import ids_of_texts, padded
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model, texts = Bert(8000, 2).eval(), ids_of_texts()
    batches = [padded(texts[i:i + BATCH]) for i in range(0, len(texts), BATCH)]
    for name, method in (("lrp_chefer", chefer), ("attn_lrp", attn_lrp)):
        times = []
        for _ in range(rounds + 1):
            began = time.perf_counter()
            for ids, mask in batches:
                method(model, ids, mask, torch.ones(len(ids), dtype=torch.long))
            times.append(1e3 * (time.perf_counter() - began) / len(texts))
        times = times[1:]  # the first one warms up
        print(json.dumps({"method": f"{name} (batches of {BATCH})", "ms_per_text": round(statistics.median(times), 4),
                          "least": round(min(times), 4), "most": round(max(times), 4)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="FOLDER")
    parser.add_argument("--time", type=int, metavar="ROUNDS")
    parser.add_argument("--xsnr", default="build/release/bin/xsnr")
    options = parser.parse_args()
    if options.time:
        time_methods(options.time)
    if options.check:
        differences = check(options.check, options.xsnr)
        print(json.dumps(differences))
        sys.exit(any(not d < 1e-3 for d in differences.values()))


if __name__ == "__main__":
    main()
