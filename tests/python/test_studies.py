"""Studies: imported, opened, read, run."""

import gc
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import xsnr
from xsnr import _study
from xsnr._library import call, ffi

TOKENS = ["[CLS]", "un", "##usual", ",", "fun", "[SEP]"]


def some(models=5, texts=2, dtype=float, seed=0):
    rng = np.random.default_rng(seed)
    mean = rng.normal(size=(texts, len(TOKENS)))
    return [[(TOKENS, (mean[t] + 0.1 * rng.normal(size=len(TOKENS))).astype(dtype)) for t in range(texts)] for _ in range(models)]


@pytest.fixture
def study(tmp_path):
    given = some(dtype=np.float32)
    with xsnr.import_explanations(
        given,
        tmp_path / "é.xsnr",
        models=[f"seed-{m}" for m in range(5)],
        texts=["a", "b"],
        labels=["pos", "neg"],
        predictions=[["pos", "neg"]] * 5,
        study="Étude",
        family="bert",
        explainer="lig",
    ) as opened:
        opened.given = given
        yield opened


def test_what_was_given_is_there(study):
    assert study.title == "Étude" and study.labels == ["pos", "neg"]
    (family,) = study.families
    assert family.name == "bert" and family.models == 5 and family.explainers == ["lig"]
    assert family.settings["join"] == "wordpiece" and len(family.explainer_settings) == 1
    a, b = study.texts
    assert (a.id, a.label, b.id, b.label) == ("a", "pos", "b", "neg")
    assert [w.word for w in a.words] == ["unusual", ",", "fun"] and all(a.text[w.start : w.end] == w.word for w in a.words)
    scores, models, targets = study.explanations("b", "bert", "lig")
    wanted = np.array([[e[1] + e[2], e[3], e[4]] for e in (np.float64(m[1][1]) for m in study.given)])
    np.testing.assert_allclose(scores, wanted, rtol=1e-7)
    assert models.tolist() == [0, 1, 2, 3, 4] and set(targets) == {1}
    assert study.check() == []


def test_scores_are_not_copied_and_stay(study, monkeypatch):
    filled = []

    def called(function, *arguments):
        call(function, *arguments)
        filled.append(arguments[-1])

    monkeypatch.setattr(_study, "call", called)
    scores, models, targets = study.explanations("a")
    given = filled[0]  # the structure that the library filled in
    for array, pointer in ((scores, given.scores), (models, given.model), (targets, given.target)):
        assert array.ctypes.data == int(ffi.cast("uintptr_t", pointer))
    del filled[:], given
    kept = scores.copy()
    assert scores.base is not None and not scores.flags.owndata and scores.dtype == np.float64
    study.close()
    gc.collect()
    np.testing.assert_array_equal(scores, kept)


def test_results_agree_with_analyze(study):
    r = study.results()
    t = r.text("a", "bert", "lig")
    a = xsnr.analyze(study.scores(0))
    assert t["snr"] == a["snr"]
    np.testing.assert_array_equal(t["word"]["mean"], a["word"]["mean"])
    assert t["word"]["text"] == ["unusual", ",", "fun"]
    assert "unusual" in r.show("a")


def test_report_and_export(study, tmp_path):
    xsnr.report(study, tmp_path / "a.html")
    xsnr.report(study.path, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    study.export(tmp_path / "all.npz")
    with np.load(tmp_path / "all.npz") as z:
        np.testing.assert_array_equal(z["scores"][:, :3], study.scores("a").astype(np.float32))
    with pytest.raises(xsnr.ArgumentError, match="unknown format 'xls'"):
        study.export(tmp_path / "all.xls")


def test_names_that_are_not_there(study):
    for wrong in (("c",), (2,), (-1,), ("a", "gpt"), ("a", "bert", "shap")):
        with pytest.raises(xsnr.NotFoundError):
            study.scores(*wrong)


def test_texts_by_any_name(study):
    wanted = study.scores("b")
    for text in (study.texts[1], 1, np.int64(1)):
        np.testing.assert_array_equal(study.scores(text), wanted)
    with pytest.raises(TypeError):
        study.scores(1.0)


def test_classes_that_are_not_known(tmp_path):
    with xsnr.import_explanations(some(), tmp_path / "s.xsnr") as opened:
        assert opened.labels == [] and set(opened.explanations(0).targets) == {-1}
        assert opened.check() == [] and opened.results()["families"][0]["explainers"][0]["texts"][0]["target"] is None


def test_a_closed_study(study):
    study.close()
    study.close()
    assert study.closed and "closed" in repr(study)
    for use in (lambda: study.texts, lambda: study.families, lambda: study.scores("a"), study.results, study.check, study.__enter__):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_files_that_are_no_studies(tmp_path):
    with pytest.raises(xsnr.FileError, match="none.xsnr"):
        xsnr.open(tmp_path / "none.xsnr")
    (tmp_path / "text.xsnr").write_text("hello, this is not a database " * 100)
    with pytest.raises(xsnr.Error) as caught:
        xsnr.open(tmp_path / "text.xsnr")
    assert caught.value.file.endswith("text.xsnr") and caught.value.code < 0


def test_an_import_does_not_overwrite(study):
    with pytest.raises(xsnr.Error, match="é.xsnr"):
        xsnr.import_explanations(some(), study.path)


class Tensor:
    """As much of a tensor as matters: it must leave its graph and its device."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def cpu(self):
        return np.array(self.values, dtype=np.float32)


def test_records_tensors_and_words(tmp_path):
    rows = [
        {"model": m, "text_id": "x", "tokens": ["l'", "été"], "attributions": Tensor([m, 1]), "unit": "word", "explainer": e}
        for m in range(3)
        for e in ("one", "two")
    ]
    with xsnr.import_explanations(rows, tmp_path / "s.xsnr") as study:
        assert study.families[0].explainers == ["one", "two"]
        with pytest.raises(xsnr.ArgumentError, match="name one"):
            study.scores("x")
        np.testing.assert_array_equal(study.scores("x", explainer="two"), [[0, 1], [1, 1], [2, 1]])


@pytest.mark.parametrize(
    "given, said",
    [
        ([[(["a", "b"], [1, 2, 3])]], "2 tokens, but 3 attributions"),
        ([[(["a", "b"], np.zeros((2, 4)))]], r"shape \(2, 4\).*sum over the embedding"),
        ([[(["a", "b"], [1, np.nan])]], "attribution of token 1 is not finite"),
        ([[(["a", "b"], np.ma.array([1, 2], mask=[0, 1]))]], "1 of the scores are masked"),
        ([{"text_id": "a", "tokens": ["a"]}], "no 'attributions'"),
    ],
)
def test_wrong_explanations(tmp_path, given, said):
    with pytest.raises(ValueError, match=said):
        xsnr.import_explanations(given, tmp_path / "s.xsnr")
    assert not (tmp_path / "s.xsnr").exists()


def test_wrong_names(tmp_path):
    with pytest.raises(ValueError, match="predictions"):
        xsnr.import_explanations(some(), tmp_path / "s.xsnr", predictions=[["pos"]] * 5)
    with pytest.raises(ValueError, match="unit"):
        xsnr.import_explanations(some(), tmp_path / "s.xsnr", unit="sentence")
    with pytest.raises(xsnr.ArgumentError, match="pool"):
        xsnr.import_explanations(some(), tmp_path / "s.xsnr", pool="median")


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": -1}, {"redundancy": 0}, {"redundancy": 7}])
def test_gazette_takes_no_default_for_zero(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        xsnr.gazette(**wrong)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    ids, texts, labels = xsnr.gazette(300, seed=4)
    assert len(ids) == len(texts) == len(labels) == 300 and set(labels) == {"opinion", "report"}
    rows = [f"{i}\t{t}\t{y}\n" for i, t, y in zip(ids, texts, labels)]
    (folder / "train.tsv").write_text("id\ttext\tlabel\n" + "".join(rows[:250]))
    (folder / "test.tsv").write_text("id\ttext\tlabel\n" + "".join(rows[250:]))
    (folder / "study.yaml").write_text(
        "study: small\ncorpus: {train: train.tsv, test: test.tsv, text: text, label: label, explain: {from: test, count: 4}}\n"
        "families:\n  - {name: tfidf, type: linear, features: {kind: tfidf}, models: 6}\nexplainers: [contribution]\n"
    )
    return folder / "study.yaml"


def test_run(plan, tmp_path):
    told = []
    with xsnr.run(plan, folder=tmp_path, threads=2, explainers=["occlusion"], progress=told.append) as study:
        assert study.families[0].models == 6 and study.families[0].explainers == ["contribution", "occlusion"]
        assert len(study.texts) == 4
        assert study.scores(0, explainer="occlusion").shape == (6, len(study.texts[0].words))
    assert {"models", "analyze"} <= {p.stage for p in told} and max(p.done for p in told if p.stage == "models") == 6
    assert (tmp_path / "report.html").exists() and (tmp_path / "results.json").exists()


def test_run_says_what_is_wrong(plan, tmp_path):
    with pytest.raises(ValueError, match="no stage 'explore'"):
        xsnr.run(plan, stages=["explore"])
    wrong = tmp_path / "study.yaml"
    wrong.write_text("study: x\nfamilise: []\n")
    with pytest.raises(xsnr.ConfigError, match=r"study.yaml:2: .*families") as caught:
        xsnr.run(wrong)
    assert caught.value.line == 2


def test_an_exception_of_progress_stops_the_run(plan, tmp_path):
    class Enough(Exception):
        pass

    def stop(p):
        if p.stage == "models":
            raise Enough

    with pytest.raises(Enough):
        xsnr.run(plan, folder=tmp_path, threads=1, progress=stop)
    with xsnr.run(plan, folder=tmp_path) as study:  # taken up
        assert study.families[0].models == 6


def test_ctrl_c_stops_the_run(plan, tmp_path):
    big = tmp_path / "study.yaml"
    text = plan.read_text().replace("models: 6", "models: 20000")
    for name in ("train.tsv", "test.tsv"):
        text = text.replace(name, str(plan.parent / name))
    big.write_text(text)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        xsnr.run(big, stages=["train"], threads=1)
    timer.join()
    with xsnr.open(Path(big).with_suffix(".xsnr")) as study:
        assert 0 < study.families[0].models < 20000
