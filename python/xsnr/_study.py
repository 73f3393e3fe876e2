"""Studies: run, opened, read; explanations of other tools made into one."""

from __future__ import annotations

import json
import operator
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._errors import NotFoundError
from ._library import Strings, call, ffi, lib, path, string, take
from ._results import Results, unmasked

Path = str | os.PathLike[str]


class Word(NamedTuple):
    """A word and its place in the text, half-open, in code points: ``text[start:end]``."""

    word: str
    start: int
    end: int


class Text(NamedTuple):
    """A text that is explained; `label` is its gold class or None."""

    id: str
    text: str
    split: str
    label: str | None
    words: list[Word]


class Family(NamedTuple):
    """Models that differ in training randomness alone; `models` that did not fail.

    `explainer_settings` are those of `explainers`, in their order; ``"foreign": True`` in one says that the scores were made by
    a function of some program.
    """

    name: str
    type: str
    settings: dict[str, Any]
    models: int
    explainers: list[str]
    explainer_settings: list[dict[str, Any]]


class Explanations(NamedTuple):
    """All explanations of one text by one family and explainer."""

    scores: NDArray[np.float64]  #: (models, words), as they were explained: not normalised
    models: NDArray[np.uint32]  #: (models,) number of each row's model in its family
    targets: NDArray[np.intc]  #: (models,) class that is explained, an index into `Study.labels`; -1: not known


class _Block:
    """Memory of the library as NumPy sees it: the array keeps this, this keeps its owner."""

    def __init__(self, pointer: Any, shape: tuple[int, ...], dtype: type, owner: Any) -> None:
        self.owner = owner
        address = int(ffi.cast("uintptr_t", pointer))
        self.__array_interface__ = {"data": (address, False), "shape": shape, "typestr": np.dtype(dtype).str, "version": 3}


def _view(pointer: Any, shape: tuple[int, ...], dtype: type, owner: Any) -> Any:
    return np.asarray(_Block(pointer, shape, dtype, owner)) if all(shape) else np.empty(shape, dtype)


class Study:
    """A study file, open for reading.

    Made by `xsnr.open` (or `Study.open`), `import_explanations` and `run`.  A context manager; reading works beside a
    run.  Arrays that it gave out stay valid after it is closed.
    """

    def __init__(self, file: Path) -> None:
        out = ffi.new("xsnr_file **")
        self.path = os.fspath(file)
        self._handle: Any = None
        call(lib.xsnr_file_open, path(file), out)
        self._handle = ffi.gc(out[0], lib.xsnr_file_close)

    @classmethod
    def open(cls, file: Path) -> Study:
        """Opens a study file to read it; ``xsnr.open`` is the same.

        Parameters
        ----------
        file : path
            A study file, NAME.xsnr; it is not changed.

        Returns
        -------
        Study
            Closed by `close`, or at the end of a ``with`` block.
        """
        return cls(file)

    def close(self) -> None:
        """Closes the file; twice is fine."""
        if self._handle is not None:
            ffi.release(self._handle)
            self._handle = None

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._handle is None

    def __enter__(self) -> Study:
        self._open()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<xsnr.Study {self.path!r}{', closed' if self.closed else ''}>"

    def _open(self) -> Any:
        if self._handle is None:
            raise ValueError(f"the study {self.path!r} is closed")
        return self._handle

    @property
    def title(self) -> str:
        """Title of the study."""
        return string(lib.xsnr_file_study(self._open())) or ""

    @property
    def labels(self) -> list[str]:
        """Names of the classes."""
        file = self._open()
        return [string(lib.xsnr_file_label(file, i)) for i in range(lib.xsnr_file_labels(file))]

    @property
    def families(self) -> list[Family]:
        """Families of models."""
        file = self._open()
        return [self._family(lib.xsnr_file_family(file, i)) for i in range(lib.xsnr_file_families(file))]

    @staticmethod
    def _family(f: Any) -> Family:
        explainers = [string(f.explainers[i]) for i in range(f.n_explainers)]
        how = [json.loads(string(f.explainer_settings[i]) or "{}") for i in range(f.n_explainers)]
        return Family(string(f.name), string(f.type), json.loads(string(f.settings) or "{}"), f.models, explainers, how)

    @property
    def texts(self) -> list[Text]:
        """Texts that are explained, with their words."""
        file, out = self._open(), []
        for i in range(lib.xsnr_file_texts(file)):
            t = lib.xsnr_file_text(file, i)
            words = [Word(string(t.words[w].word), t.words[w].start, t.words[w].end) for w in range(t.n_words)]
            out.append(Text(string(t.id), string(t.text), string(t.split), string(t.label), words))
        return out

    def _text_index(self, text: Text | str | int) -> int:
        file = self._open()
        count = lib.xsnr_file_texts(file)
        if isinstance(text, Text):
            text = text.id
        if isinstance(text, str):
            wanted = text.encode()
            for i in range(count):
                if ffi.string(lib.xsnr_file_text(file, i).id) == wanted:
                    return i
        elif 0 <= (place := operator.index(text)) < count:
            return place
        raise NotFoundError(f"no text {text!r} among the {count} that are explained", self.path)

    def _family_index(self, family: str | None) -> int:
        file = self._open()
        names = [string(lib.xsnr_file_family(file, i).name) for i in range(lib.xsnr_file_families(file))]
        if family is None and len(names) == 1:
            return 0
        if family in names:
            return names.index(family)
        said = "name a family" if family is None else f"no family {family!r}"
        raise NotFoundError(f"{said}; the study has {', '.join(names) or 'none'}", self.path)

    def explanations(self, text: Text | str | int, family: str | None = None, explainer: str | None = None) -> Explanations:
        """All explanations of one text.

        Parameters
        ----------
        text : Text, str or int
            One of `texts`, its id, or its place there.
        family, explainer : str, optional
            Needed where the study has several.

        Returns
        -------
        Explanations
            Arrays over the library's memory, not copied; a row a model.
        """
        keep = Strings()
        index, row = self._family_index(family), self._text_index(text)
        s = ffi.gc(ffi.new("xsnr_scores *"), lib.xsnr_scores_free)
        call(lib.xsnr_file_scores, self._open(), index, keep(explainer), row, s)
        return Explanations(
            _view(s.scores, (s.models, s.words), np.float64, s),
            _view(s.model, (s.models,), np.uint32, s),
            _view(s.target, (s.models,), np.intc, s),
        )

    def scores(self, text: Text | str | int, family: str | None = None, explainer: str | None = None) -> NDArray[np.float64]:
        """The scores of `explanations`, (models, words)."""
        return self.explanations(text, family, explainer).scores

    def results(self, threads: int = 0) -> Results:
        """Statistics as the study's own plan says; computed anew."""
        self._open()
        out = ffi.new("xsnr_results **")
        call(lib.xsnr_results_open, path(self.path), threads, out)
        return Results(ffi.gc(out[0], lib.xsnr_results_free))

    def report(self, file: Path = "report.html", threads: int = 0) -> Results:
        """Writes the page, and returns the results."""
        results = self.results(threads)
        results.report(file)
        return results

    def check(self) -> list[str]:
        """What is not whole or consistent in the file; empty: nothing."""
        self._open()
        out, count = ffi.new("char **"), ffi.new("size_t *")
        call(lib.xsnr_check, path(self.path), out, count)
        return take(out).splitlines()

    def export(self, file: Path, format: str | None = None) -> None:
        """Writes all explanations; format ``"npz"``, ``"jsonl"`` or ``"csv"``, by the file's name if not given."""
        self._open()
        keep = Strings()
        format = format or os.path.splitext(os.fspath(file))[1][1:]
        call(lib.xsnr_export, path(self.path), keep(format), path(file))


class Progress(NamedTuple):
    """How far a run is; see ``xsnr_progress`` in xsnr.h."""

    stage: str
    family: str | None
    done: int
    total: int
    resumed: int
    notice: str | None


STAGES = {"train": 1, "explain": 2, "analyze": 4, "report": 8}


def run(
    plan: Path,
    *,
    stages: Sequence[str] = tuple(STAGES),
    threads: int = 0,
    folder: Path | None = None,
    explainers: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Study:
    """Runs a study; takes up what was stopped or killed.

    Parameters
    ----------
    plan : path
        study.yaml.
    stages : sequence of str
        Some of ``"train"``, ``"explain"``, ``"analyze"``, ``"report"``.
    threads : int
        0: as many as there are processors.
    folder : path, optional
        Where the study file and results go; beside the plan if not given.
    explainers : sequence of str
        Beside those of the plan: ``"NAME"`` or ``"NAME:key=value,key=value"``.
    progress : callable, optional
        Called with a `Progress` now and then, on a thread of the run.  An exception that it raises stops the run.

    Returns
    -------
    Study
        The study file, open.

    Notes
    -----
    Ctrl-C stops the run cleanly: models at work are finished and kept, then KeyboardInterrupt is raised.
    """
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise ValueError(f"no stage {unknown[0]!r}; there are {', '.join(STAGES)}")
    keep, raised, handle = Strings(), [], ffi.new("xsnr_study **")

    @ffi.callback("xsnr_progress_fn")
    def told(_user: Any, p: Any) -> None:
        if raised or progress is None:
            return
        try:
            progress(Progress(string(p.stage) or "", string(p.family), p.done, p.total, p.resumed, string(p.notice)))
        except BaseException as error:  # it cannot pass through C: kept, and raised at the end
            raised.append(error)
            lib.xsnr_study_stop(study)

    options = {"threads": threads, "explainers": keep.list(list(explainers)), "n_explainers": len(explainers)}
    if folder is not None:
        options["folder"] = keep(path(folder))
    if progress is not None:
        options["progress"] = told
    call(lib.xsnr_study_load, path(plan), ffi.new("xsnr_run_options *", options), handle)
    study = ffi.gc(handle[0], lib.xsnr_study_free)

    def work() -> None:
        try:
            call(lib.xsnr_study_run, study, sum(STAGES[stage] for stage in set(stages)))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work, name="xsnr.run")
    thread.start()
    interrupt = None
    while thread.is_alive():  # the main thread stays free for signals
        try:
            thread.join(0.2)
        except KeyboardInterrupt as error:
            interrupt = error
            lib.xsnr_study_stop(study)
    if interrupt or raised:
        raise interrupt or raised[0]
    return Study(os.fsdecode(ffi.string(lib.xsnr_study_file(study))))


def report(study: Study | Path, file: Path = "report.html", threads: int = 0) -> Results:
    """Analyses a study and writes its page, one HTML file that needs no network.

    Parameters
    ----------
    study : Study or path
        Open, or the path of its file.
    file : path
        Of the page; one that is there is replaced.
    threads : int
        0: as many as there are processors.

    Returns
    -------
    Results
        What the page shows.
    """
    if isinstance(study, Study):
        return study.report(file, threads)
    with Study(study) as opened:
        return opened.report(file, threads)


def _plain(attributions: Any) -> NDArray[np.float64]:
    """Attributions as float64; tensors that hang in a graph or lie on a device are taken out first."""
    if hasattr(attributions, "detach"):
        attributions = attributions.detach().cpu()
    return np.asarray(unmasked(attributions), dtype=np.float64)


def _record(tokens: Any, attributions: Any, where: str) -> dict[str, Any]:
    scores, tokens = _plain(attributions), list(tokens)
    if scores.ndim != 1:
        raise ValueError(f"{where}: attributions of shape {scores.shape}; one number a token is needed (sum over the embedding)")
    if len(scores) != len(tokens):
        raise ValueError(f"{where}: {len(tokens)} tokens, but {len(scores)} attributions")
    if not np.isfinite(scores).all():
        raise ValueError(f"{where}: the attribution of token {int(np.argmin(np.isfinite(scores)))} is not finite")
    return {"tokens": tokens, "attributions": scores.tolist()}


def _at(values: Any, i: int, what: str) -> Any:
    try:
        value = values[i]
    except (IndexError, KeyError):
        raise ValueError(f"{what} has nothing for number {i}") from None
    return value.item() if hasattr(value, "item") else value


def _records(explanations: Iterable[Any], models: Any, texts: Any, labels: Any, predictions: Any) -> Iterable[dict[str, Any]]:
    for m, one in enumerate(explanations):
        if isinstance(one, Mapping):
            where = f"model {one.get('model', '?')!r}, text {one.get('text_id', '?')!r}"
            lacking = [key for key in ("text_id", "tokens", "attributions") if key not in one]
            if lacking:
                raise ValueError(f"explanation {m} has no {lacking[0]!r}")
            yield {**one, **_record(one["tokens"], one["attributions"], where)}
            continue
        model = m if models is None else _at(models, m, "models")
        for t, (tokens, attributions) in enumerate(one):
            text = str(t) if texts is None else str(_at(texts, t, "texts"))
            record = {"model": model, "text_id": text, **_record(tokens, attributions, f"model {model!r}, text {text!r}")}
            if labels is not None:
                record["label"] = _at(labels, t, "labels")
            if predictions is not None:
                record["prediction"] = _at(_at(predictions, m, "predictions"), t, f"predictions of model {model!r}")
            yield record


def import_explanations(
    explanations: Iterable[Any],
    file: Path,
    *,
    models: Sequence[str] | Sequence[int] | None = None,
    texts: Sequence[str] | None = None,
    labels: Sequence[Any] | None = None,
    predictions: Sequence[Sequence[Any]] | None = None,
    study: str | None = None,
    family: str | None = None,
    explainer: str | None = None,
    unit: str = "token",
    join: str | None = None,
    pool: str | None = None,
    missing: str | None = None,
    duplicates: str | None = None,
    normalize: str | None = None,
    absolute: bool = False,
) -> Study:
    """Makes a study file of explanations made elsewhere, as captum, shap or inseq hand them out.

    Parameters
    ----------
    explanations : iterable
        For every model a list with a pair ``(tokens, attributions)`` for every text, attributions being a list, array
        or tensor of one number a token; or, instead, mappings with the keys ``text_id``, ``tokens``, ``attributions``,
        ``model`` and the others of a JSONL line (docs/formats.md).
    file : path
        Of the new study; a file that is there is an error.
    models, texts, labels, predictions : sequences, optional
        Names (models,), ids (texts,), gold classes (texts,), and predicted classes (models, texts).  For mappings these
        stand in the mappings.
    study, family, explainer : str, optional
        Names.
    unit : {"token", "word"}
        Tokens are joined to words; words are left alone.
    join, pool, missing, duplicates, normalize, absolute
        As in `xsnr import` (docs/formats.md).

    Returns
    -------
    Study
        The new study file, open.
    """
    if unit not in ("token", "word"):
        raise ValueError(f"unit is 'token' or 'word', not {unit!r}")
    keep = Strings()
    options = ffi.new(
        "xsnr_import_options *",
        {
            "format": keep("jsonl"), "study": keep(study), "family": keep(family), "explainer": keep(explainer), "join": keep(join),
            "pool": keep(pool), "missing": keep(missing), "duplicates": keep(duplicates), "normalize": keep(normalize),
            "absolute": absolute,
        },
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="xsnr-") as folder:
        lines = os.path.join(folder, "explanations.jsonl")
        with open(lines, "w", encoding="utf-8") as out:
            for record in _records(explanations, models, texts, labels, predictions):
                out.write(json.dumps({"unit": unit, **record}, ensure_ascii=False) + "\n")
        call(lib.xsnr_import, keep.list([path(lines)]), 1, options, path(file), ffi.NULL)
    return Study(file)


def gazette(
    count: int = 4000,
    *,
    language: str = "en",
    seed: int = 0,
    redundancy: int = 3,
    strength: float = 1.0,
    label_noise: float = 0.0,
    negation: float = 0.0,
) -> tuple[list[str], list[str], list[str]]:
    """News texts with known truth, from the generator of docs/gazette.md.

    Parameters
    ----------
    count : int
        How many texts, at least one.
    language : str
        ``"en"`` or ``"fr"``.
    seed : int
        The same seed makes the same texts.
    redundancy : int
        Cues a text holds, 1 to 6: a model may lean on any of them.
    strength : float
        Scale of the cues' log odds; 0: they say nothing.
    label_noise : float
        Share of labels that are turned, 0 to 0.5.
    negation : float
        Share of cues in a context that turns them, 0 to 1.

    Returns
    -------
    ids, texts, labels : lists of str
    """
    if count < 1:
        raise ValueError(f"count is {count}; at least one text is needed")
    if not 1 <= redundancy <= 6:
        raise ValueError(f"redundancy is {redundancy}; a text holds 1 to 6 cues")
    keep, tsv, truth = Strings(), ffi.new("char **"), ffi.new("char **")
    options = {"language": keep(language), "count": count, "seed": seed, "redundancy": redundancy}
    options |= {"strength": strength, "label_noise": label_noise, "negation": negation}
    call(lib.xsnr_gazette, ffi.new("xsnr_gazette_options *", options), tsv, truth)
    lib.xsnr_free(truth[0])
    rows = [line.split("\t") for line in take(tsv).splitlines()[1:]]
    ids, texts, labels = (list(column) for column in zip(*rows)) if rows else ([], [], [])
    return ids, texts, labels
