"""What `bench/run` measures: works, each done by xsnr and by its peers in turn.

A work is a function of a Bench that calls bench.add(section, what, who, unit, values) with the values of every run.  It raises Missing when something it
needs is not there: the peer, or the whole work, is skipped and the line is kept.  A new work is one more function with @work."""
import json
import os
import re
import shutil
import subprocess
import sys
from statistics import median

WORKS = []
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")  # Debian's, which has the peers
EXPLAINERS = {  # xsnr's name and setting: the peer's name in its own lines
    "saliency": "saliency (batches of 32)",
    "input_x_gradient": "input_x_gradient (batches of 32)",
    "integrated_gradients:steps=20": "integrated_gradients, 20 points",
    "occlusion": "occlusion",
    "lrp_chefer": "lrp_chefer (batches of 32)",
    "lrp_chefer:precision=double": None,
    "attn_lrp": "attn_lrp (batches of 32)",
    "attn_lrp:precision=double": None}
KERNELS = {"PyTorch": {}, "PyTorch, AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX", "ATEN_CPU_CAPABILITY": "avx512"}}  # its own choice, and these
STUDY_EXPLAINERS = "saliency, input_x_gradient, integrated_gradients, lrp_chefer, attn_lrp"


class Missing(Exception):
    pass


def work(function):
    WORKS.append(function)
    return function


def run(command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise Missing(f"{os.path.basename(str(command[0]))} failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    return done.stdout


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def peak_of(command):
    """Seconds, and the peak memory in MB of the largest of the command's processes; measured by a process of its own, which has no other children."""
    ask = ("import resource, subprocess, sys, time; b = time.perf_counter(); c = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
           "print(time.perf_counter() - b, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024); sys.exit(c.returncode)")
    seconds, megabytes = run([sys.executable, "-c", ask, *command]).split()[-2:]
    return float(seconds), float(megabytes)


def plan(bench, name, family, explainers, extra=""):
    folder = bench.folder(name)
    (folder / "study.yaml").write_text(f"""study: {name}
corpus: {{train: {bench.corpus}/train.tsv, valid: {bench.corpus}/valid.tsv, test: {bench.corpus}/test.tsv, explain: {{count: 40}}}}
families: [{family}]
explainers: [{explainers}]
{extra}""")
    return folder


def whole(bench, folder):
    """A study from nothing."""
    for left in folder.iterdir():
        if left.name != "study.yaml":
            left.unlink()
    return peak_of([bench.xsnr, "run", "-q", folder / "study.yaml"])


@work
def sgd(bench):
    bench.need_peers("numpy", "sklearn")
    out = json.loads(run([PYTHON, "bench/sgd_vs_sklearn.py", bench.corpus / "train.tsv", "--bench", bench.program("bench_sgd"), "--runs", 7 * bench.rounds,
                          "--json"]))
    what = f"logistic regression, averaged SGD, {out['features']} features, one fit"
    bench.add("training", what, "scikit-learn", "ms", out["ms"]["scikit-learn"])
    bench.add("training", what, "xsnr", "ms", out["ms"]["xsnr"])


@work
def liblinear(bench):
    what = "logistic regression at its optimum, a bootstrap sample, one fit"
    folder = plan(bench, "liblinear", "{name: a, type: linear, solver: liblinear, vary: [sample], models: 5}", "contribution")
    for _ in range(bench.rounds):
        for left in folder.glob("study.xsnr*"):
            left.unlink()
        run([bench.xsnr, "train", "-q", "-j", "1", folder / "study.yaml"])
        bench.add("training", what, "xsnr", "ms", [1e3 * s for s in bench.seconds_of_models(folder / "study.xsnr")])
        if bench.peers("numpy", "sklearn"):
            for who, ms in json.loads(run([PYTHON, "bench/liblinear_vs_sklearn.py", bench.corpus / "train.tsv"])).items():
                bench.add("training", what, who, "ms", ms)
    if not shutil.which("liblinear-train"):
        bench.skip("liblinear-train (liblinear-tools)")


@work
def encoder_step(bench):
    what = "encoder 2 × 128, batch of 32 texts of subj, one step"
    program = bench.program("bench_encoder")
    peer = bench.peers("torch")
    for _ in range(bench.rounds):
        for precision in "float", "bf16":
            ms = re.search(r"([\d.]+) ms a step", run([program, "--precision", precision, bench.corpus / "train.tsv", 100]))
            bench.add("training", what, "xsnr" if precision == "float" else "xsnr, precision: bf16", "ms", [float(ms[1])])
        if peer:
            out = json_lines(run([PYTHON, "bench/pytorch_encoder.py", bench.ids(), "--seeds", "1", "--processes", "1", "--steps", "100"]))
            bench.add("training", what, "PyTorch", "ms", [out[0]["ms_per_step"]])


@work
def products(bench):
    what = "products of that encoder's linear layers, 1000 tokens, warm"
    for _ in range(bench.rounds):
        last = run([bench.program("bench_products")]).splitlines()[-1]
        for who, name in ("xsnr", "xsnr"), ("bf16", "xsnr, precision: bf16"), ("sgemm", "oneDNN sgemm"), ("matmul", "oneDNN matmul"):
            bench.add("training", what, name, "GFLOP/s", [float(re.search(rf"{who} +([\d.]+)", last)[1])])


@work
def threads(bench):
    folder = plan(bench, "threads", "{name: a, type: linear, features: {kind: tfidf, ngrams: 2, min_count: 2}, models: 100}", "contribution")
    out = run([bench.program("bench_study"), folder / "study.yaml", folder, 2 * bench.rounds + 1])
    for line in out.splitlines():
        name, values = line.split(":")
        middle, least, most = map(float, re.findall(r"[\d.]+", values))
        unit = "times" if "times" in name else "s"
        bench.add("training", f"100 linear models: {name.removesuffix(', s').removesuffix(', times as fast')}", "xsnr", unit, [least, middle, most])


@work
def explainers(bench):
    program, folder, peer = bench.program("bench_explain"), bench.folder("explain"), bench.peers("torch")
    if peer:
        worst = json.loads(run([PYTHON, "bench/pytorch_lrp.py", "--check", bench.model(), "--xsnr", bench.xsnr]))
        bench.note("relevance methods in doubles, largest difference of a score between xsnr and PyTorch: " +
                   ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
    core = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
    ours = {}
    for _ in range(bench.rounds):
        for line in json_lines(run([*core, program, folder, *EXPLAINERS])):
            if "method" in line:
                ours.setdefault(line["method"], []).append(line["ms_per_text"])
                bench.add("explaining", line["method"], "xsnr", "ms a text", [line["ms_per_text"]])
        for who, kernels in KERNELS.items() if peer else ():
            own = {**os.environ, **kernels}
            lines = json_lines(run([*core, PYTHON, "bench/pytorch_explain.py", 3], env=own)) + json_lines(run([*core, PYTHON, "bench/pytorch_lrp.py", "--time", 3], env=own))
            theirs = {line["method"]: line["ms_per_text"] for line in lines if "method" in line}
            for method, name in EXPLAINERS.items():
                if name in theirs:
                    bench.add("explaining", method, who, "ms a text", [theirs[name]])
    gradient = median(ours["input_x_gradient"])
    bench.note("in gradients (input_x_gradient): " + ", ".join(f"{method} {median(ms) / gradient:.1f}" for method, ms in ours.items()))


@work
def explain_study(bench):
    """Explanations alone of a hundred kept models that start from one folder and differ by one step: what they learned costs no time."""
    what = "100 encoders 2 × 128, 40 texts of 16 to 32 tokens: saliency, input × gradient, SmoothGrad (50), integrated gradients (50), Chefer's LRP, AttnLRP"
    folder = bench.folder("explain_study")
    run([bench.program("bench_encoder"), "--model", bench.corpus, folder / "model"])
    lengths = [len(line["ids"]) for line in json_lines(bench.ids().read_text()) if line["split"] == "test"]
    head, *texts = (bench.corpus / "test.tsv").read_text().split("\n")[:-1]
    chosen = [(text, n) for text, n in zip(texts, lengths) if 16 <= n <= 32][:40]
    (folder / "test.tsv").write_text("\n".join([head, *(text for text, _ in chosen), ""]))
    head, *texts = (bench.corpus / "train.tsv").read_text().split("\n")[:-1]
    (folder / "train.tsv").write_text("\n".join([head, *texts[::260], ""]))
    plan = f"""study: explanations
corpus: {{train: train.tsv, test: test.tsv, explain: {{from: test, count: 40}}}}
keep_models: true
families: [{{name: a, type: encoder, folder: model, epochs: 1, models: 100}}]
explainers: [saliency, input_x_gradient, smoothgrad, integrated_gradients, lrp_chefer, attn_lrp]
"""
    (folder / "study.yaml").write_text(plan)
    run([bench.xsnr, "train", "-q", folder / "study.yaml"])
    seconds, megabytes = peak_of([bench.xsnr, "explain", "-q", folder / "study.yaml"])
    bench.add("explaining", what, "xsnr", "s", [seconds])
    bench.add("explaining", what + ": memory", "xsnr", "MB", [megabytes])
    bench.note(f"those texts have {sum(n for _, n in chosen) / len(chosen):.1f} tokens in the mean")


@work
def statistics(bench):
    bench.need_peers("numpy")
    out = run([PYTHON, "bench/stats_vs_numpy.py", "--bench", bench.program("bench_stats"), "--runs", 5 * bench.rounds, "--json"])
    for line in json_lines(out):
        shape = f"{line['models']} models × {line['words']} words"
        bench.add("statistics", f"SNR of a text, {shape}", "NumPy", "ms", line["numpy"])
        bench.add("statistics", f"SNR of a text, {shape}", "xsnr", "ms", line["xsnr"])
        bench.add("statistics", f"everything said of a text, {shape}", "xsnr", "ms", line["everything"])


@work
def tokenizing(bench):
    names = {"WordPiece, bert-base-uncased": "tok-bert-uncased", "Unigram, mBART trimmed": "tok-mbart-trim-unigram32k",
             "byte-level BPE, GPT-2": "tok-gpt2", "SentencePiece BPE, BARThez": "tok-barthez-fr-spm-bpe50k"}
    path = {name: bench.data / "tokenizers" / folder for name, folder in names.items() if (bench.data / "tokenizers" / folder).exists()}
    peer = path and bench.peers("tokenizers")
    program = bench.program("bench_tokenizer")
    label = {str(p): name for name, p in path.items()} | {f"{k}, trained": f"{k} of 8,000 tokens, our own" for k in ("WordPiece", "Unigram")}
    for _ in range(bench.rounds):
        for kind, name, value in re.findall(r"^(encode|train) +(.+?) {2,}([\d.]+)", run([program, bench.corpus / "train.tsv", *path.values()]), re.M):
            if kind == "encode":
                bench.add("tokenizing", label[name.strip()], "xsnr", "MB/s", [float(value)])
            else:
                bench.add("tokenizing", f"training {label[name.strip()]}", "xsnr", "ms", [float(value)])
        if peer:
            for line in json_lines(run([PYTHON, "bench/hf_tokenizers.py", bench.corpus / "train.tsv", *(p / "tokenizer.json" for p in path.values())])):
                bench.add("tokenizing", label[os.path.dirname(line["tokenizer"])], "tokenizers", "MB/s", line["mb_per_s"])


@work
def study_linear(bench):
    what = "100 linear models on subj, 40 texts, contributions, statistics, page"
    folder = plan(bench, "linear", "{name: a, type: linear, features: {kind: tfidf, ngrams: 2, min_count: 2}, models: 100}", "contribution")
    peer = bench.peers("numpy", "sklearn")
    for _ in range(bench.rounds):
        seconds, megabytes = whole(bench, folder)
        bench.add("whole study", what, "xsnr", "s", [seconds])
        bench.add("whole study", what + ": memory", "xsnr", "MB", [megabytes])
        if peer:
            seconds, megabytes = peak_of([PYTHON, "bench/sklearn_study.py", bench.corpus, folder])
            bench.add("whole study", what, "scikit-learn, NumPy", "s", [seconds])
            bench.add("whole study", what + ": memory", "scikit-learn, NumPy", "MB", [megabytes])


@work
def study_encoder(bench):
    models = bench.encoders
    what = f"{models} encoders 2 × 128 on subj, 40 texts, gradient and LRP methods, statistics, page"
    folder = plan(bench, "encoders", f"{{name: a, type: encoder, models: {models}}}", STUDY_EXPLAINERS)
    peer = bench.peers("torch")
    for _ in range(max(bench.rounds // 2, 1)):
        seconds, megabytes = whole(bench, folder)
        bench.add("whole study", what, "xsnr", "s", [seconds])
        bench.add("whole study", what + ": memory", "xsnr", "MB", [megabytes])
        if peer:
            seconds, megabytes = peak_of([PYTHON, "bench/pytorch_study.py", bench.ids(), folder, "--models", models, "--processes", os.cpu_count()])
            bench.add("whole study", what, "PyTorch, NumPy", "s", [seconds])
            bench.add("whole study", what + ": memory", "PyTorch, NumPy", "MB", [megabytes])
