"""analyze: golden values, kinds of arrays, mistakes."""

import gc
import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import xsnr
from xsnr import _results
from xsnr._library import call, ffi

RNG = np.random.default_rng(1)
SCORES = RNG.normal(size=(20, 6)) + np.arange(6)


def golden_cases():
    folder = Path(os.environ.get("XSNR_GOLDEN", "/nonexistent")) / "stats"
    return [(folder / f"{p.stem}.npy", p, how) for p in sorted(folder.glob("*.json")) for how in ("none", "l1")]


def assert_like(actual, wanted, where):
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            assert key in actual, f"{where}.{key}"
            assert_like(actual[key], value, f"{where}.{key}")
    elif wanted is None:
        assert actual is None, where
    else:
        wanted = np.array(wanted, dtype=float)  # null: nan
        rtol = 1e-6 if where.endswith("f_p") else 1e-9
        np.testing.assert_allclose(np.asarray(actual, dtype=float), wanted, rtol=rtol, atol=1e-12, err_msg=where)


@pytest.mark.skipif(not golden_cases(), reason="XSNR_GOLDEN is not set")
@pytest.mark.parametrize("array, values, how", golden_cases(), ids=lambda v: getattr(v, "name", v))
def test_golden(array, values, how):
    assert_like(xsnr.analyze(np.load(array), how), json.loads(values.read_text())[how], how)


def test_closed_form():
    e = SCORES
    a = xsnr.analyze(e, "none")
    noise = e.var(axis=0, ddof=1).mean()
    signal_raw = e.mean(axis=0).var(ddof=1)
    np.testing.assert_allclose([a["noise"], a["signal_raw"]], [noise, signal_raw], rtol=1e-12)
    np.testing.assert_allclose(a["word"]["mean"], e.mean(axis=0), rtol=1e-12)
    assert a["word"]["ci"].shape == (6, 2) and a["snr_ci"].shape == (2,)
    assert a["models"] == 20 and a["words"] == 6


def test_the_array_is_read_where_it_lies(monkeypatch):
    asked = []

    def called(function, *arguments):
        asked.append(arguments[0])
        call(function, *arguments)

    monkeypatch.setattr(_results, "call", called)
    e = SCORES.copy()
    xsnr.analyze(e)
    assert int(ffi.cast("uintptr_t", ffi.cast("double *", asked[0]))) == e.ctypes.data  # no copy
    asked.clear()
    part = np.concatenate([SCORES, SCORES])[20:]  # rows of a larger array lie in one piece
    xsnr.analyze(part)
    assert int(ffi.cast("uintptr_t", ffi.cast("double *", asked[0]))) == part.ctypes.data
    monkeypatch.undo()
    e.flags.writeable = False
    assert xsnr.analyze(e)["snr"] == xsnr.analyze(SCORES)["snr"]


@pytest.mark.parametrize(
    "make",
    [
        np.asfortranarray,
        lambda e: np.repeat(np.repeat(e, 2, axis=0), 3, axis=1)[::2, ::3],  # strides
        lambda e: e[::-1][::-1],
        lambda e: e.tolist(),
        lambda e: e.astype(">f8"),
        lambda e: np.frombuffer(b"\0" + e.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(e.shape),  # unaligned
    ],
    ids=["fortran", "strided", "reversed", "list", "big-endian", "unaligned"],
)
def test_layouts_give_the_same_bits(make):
    assert dict_bytes(xsnr.analyze(make(SCORES))) == dict_bytes(xsnr.analyze(SCORES))


def dict_bytes(a):
    return json.dumps(dict(a), default=lambda v: v.tolist())


def test_float32_is_float64_of_its_values():
    e = SCORES.astype(np.float32)
    assert dict_bytes(xsnr.analyze(e)) == dict_bytes(xsnr.analyze(e.astype(np.float64)))
    assert xsnr.analyze(SCORES.round().astype(np.int16))["models"] == 20


def test_threads_do_not_matter():
    assert dict_bytes(xsnr.analyze(SCORES, threads=1)) == dict_bytes(xsnr.analyze(SCORES, threads=3))


@pytest.mark.parametrize("shape", [(3,), (), (2, 3, 4)])
def test_wrong_dimensions(shape):
    with pytest.raises(ValueError, match=r"two, \(models, words\)"):
        xsnr.analyze(np.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_empty(shape):
    with pytest.raises(xsnr.ArgumentError, match="without"):
        xsnr.analyze(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(bad):
    e = SCORES.copy()
    e[2, 1] = bad
    with pytest.raises(xsnr.DataError, match="model 2, word 1"):
        xsnr.analyze(e)


def test_masked():
    masked = np.ma.masked_greater(SCORES, 6)
    assert masked.mask.any()
    with pytest.raises(ValueError, match=r"\d+ of the scores are masked"):
        xsnr.analyze(masked)
    assert xsnr.analyze(np.ma.array(SCORES))["snr"] == xsnr.analyze(SCORES)["snr"]  # nothing is masked


@pytest.mark.parametrize("values", [np.zeros((2, 2), dtype=complex), np.array([["a", "b"]]), np.array([[None, 1]])])
def test_not_numbers(values):
    with pytest.raises(TypeError, match="real numbers"):
        xsnr.analyze(values)


def test_options():
    assert xsnr.analyze(SCORES, "rank", absolute=True, reliability=0.5, seed=3)["snr"] > 0
    with pytest.raises(xsnr.ArgumentError, match="did you mean 'l1'"):
        xsnr.analyze(SCORES, "11")
    with pytest.raises(xsnr.ArgumentError, match="reliability"):
        xsnr.analyze(SCORES, reliability=2)
    with pytest.raises(ValueError, match="null character"):
        xsnr.analyze(SCORES, "l1\0")


def test_degenerate_arrays():
    one = xsnr.analyze(SCORES[:1])
    assert one["snr"] is None
    same = xsnr.analyze(np.zeros((4, 3)))
    assert same["zero_rows"] == 4


def test_documented_names():
    text = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text()
    text = text[text.index("## One text") : text.index("## Many texts")]
    a = xsnr.analyze(SCORES)
    names = set(re.findall(r"`([a-z]\w*)`", text))
    assert len(names) > 40 and names <= {*a, *a["word"]}


def test_results(tmp_path):
    a = xsnr.analyze(SCORES)
    r = a.results
    assert r.texts == ["array"]
    assert "array" in r.table(60) and repr(a) == repr(r)
    assert set(r) >= {"families", "normalize"} and len(r) == len(list(r))
    assert r.csv().count("\n") == 7
    assert "<html" in r.html()
    r.report(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == r.html()
    with pytest.raises(xsnr.FileError) as caught:
        r.report(tmp_path / "none" / "page.html")
    assert isinstance(caught.value, OSError) and "none" in str(caught.value)
    with pytest.raises(xsnr.NotFoundError):
        r.text("array", family="other")
    del a
    gc.collect()
    assert r["reliability"] == 0.9


def test_errors_travel():
    error = pickle.loads(pickle.dumps(xsnr.DataError("what", "file", 3)))
    assert isinstance(error, ValueError) and str(error) == "file:3: what" and error.code == -3
