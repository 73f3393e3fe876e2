"""The worked examples of examples/python, as a user starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"


def run(example, folder):
    page = folder / "report.html"
    done = subprocess.run(
        [sys.executable, EXAMPLES / example, page], cwd=folder, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(p.name for p in folder.iterdir()) == ["report.html"]
    return done.stdout


def test_scikit_learn(tmp_path):
    pytest.importorskip("sklearn", reason="python3-sklearn is not installed")
    said = run("seeds.py", tmp_path)
    assert "sgd" in said and "contribution" in said


def test_torch(tmp_path):
    pytest.importorskip("torch", reason="python3-torch is not installed")
    said = run("torch_attributions.py", tmp_path)
    assert "bag" in said and "input_x_gradient" in said
