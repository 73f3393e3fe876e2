#!/usr/bin/python3
"""bench_explain beside pytorch_explain.py, in turn, each on the same one core: a table for docs/performance.md.

    bench/explain_vs_pytorch.py [ROUNDS [CORE]]

PyTorch runs with OpenBLAS's own choice of kernels and with those of SkylakeX (AVX-512); the faster counts.  Every figure is
the median of the rounds' medians, with their range."""
import glob, json, os, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = {"input_x_gradient": "input_x_gradient (batches of 32)", "saliency": "saliency (batches of 32)",
         "integrated_gradients:steps=20": "integrated_gradients, 20 points", "occlusion": "occlusion"}


def lines(command, core, **environment):
    run = subprocess.run(["taskset", "-c", str(core), *command], stdout=subprocess.PIPE, check=True, text=True,
                         env={**os.environ, "OMP_NUM_THREADS": "1", **environment})
    return [json.loads(line) for line in run.stdout.splitlines()]


def median(values):
    return statistics.median(values) if values else float("nan")


def cell(values, digits=2):
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main():
    rounds, core = int(sys.argv[1]) if len(sys.argv) > 1 else 3, int(sys.argv[2]) if len(sys.argv) > 2 else 0
    program = max(glob.glob(HERE + "/../build/*/bench/bench_explain"), key=os.path.getmtime)
    ours, theirs, rate, product, double = {}, {"": {}, "SkylakeX": {}}, {}, [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            first, *rest = lines([program, folder], core)
            product.append(first["product_float"])
            double.append(first["product_double"])
            for line in rest:
                ours.setdefault(line["method"], []).append(line["ms_per_text"])
                rate.setdefault(line["method"], []).append((line["gflops"], line["while_busy"], line["ms_per_evaluation"]))
            for kind, times in theirs.items():
                extra = {"OPENBLAS_CORETYPE": kind} if kind else {}
                for line in lines(["/usr/bin/python3", HERE + "/pytorch_explain.py", "3"], core, **extra)[1:]:
                    times.setdefault(line["method"], []).append(line["ms_per_text"])
    gradient = median(ours["input_x_gradient"])
    print(f"{first['backend']}; the product alone: {cell(product, 0)} GFLOP/s in floats, {cell(double, 0)} in doubles; {rounds} rounds\n")
    print("| method | xsnr, ms a text | PyTorch, ms a text: own kernels | SkylakeX | times as fast | gradients | GFLOP/s, all the time | while products run |")
    print("|---|---|---|---|---|---|---|---|")
    for method, times in ours.items():
        peers = [t.get(PEERS.get(method)) for t in theirs.values()]
        best = min(median(p) for p in peers) if peers[0] else None
        print(f"| {method} | {cell(times)} | " + " | ".join(cell(p) if p else "" for p in peers) +
              f" | {f'{best / median(times):.1f}' if best else ''} | {median(times) / gradient:.1f} | "
              f"{median([r[0] for r in rate[method]]):.0f} | {median([r[1] for r in rate[method]]):.0f} |")
    for name in ("occlusion", "shapley:pairs=5"):
        print(f"\n{name}: {1e3 * median([r[2] for r in rate[name]]):.0f} µs an evaluation", end="")
    one = "input_x_gradient (one by one)"
    print(f"\nPyTorch, gradients text by text: {cell(theirs[''][one])}, SkylakeX {cell(theirs['SkylakeX'][one])} ms")


if __name__ == "__main__":
    main()
