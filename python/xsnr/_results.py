"""Statistics: of an array, and the results of a study."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._errors import NotFoundError
from ._library import Strings, call, ffi, lib, path, string, take


def _arrays(text: Mapping[str, Any]) -> dict[str, Any]:
    """One text of results.json with arrays in the place of lists."""
    out: dict[str, Any] = {}
    for key, value in text.items():
        if key == "word":
            names = dict.fromkeys(name for word in value for name in word)  # union, in order
            value = {name: _column([word.get(name) for word in value]) for name in names}
        elif isinstance(value, list) and all(v is None or isinstance(v, (int, float)) for v in value):
            value = np.array(value, dtype=float)  # null becomes nan
        out[key] = value
    return out


def _column(values: list[Any]) -> Any:
    """Numbers of all words as an array, (words,) or (words, 2) for intervals; anything else stays a list."""
    if any(isinstance(v, (str, dict)) for v in values):
        return values
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError):
        return values


class Results(Mapping[str, Any]):
    """Results of a study or of an array.

    A mapping with the keys of ``results.json`` (docs/report.md); undefined numbers are None.  Made by
    `Study.results`, `run` and `analyze`.
    """

    def __init__(self, handle: Any, owner: Any = None) -> None:
        self._handle = handle
        self._owner = owner  # whatever must outlive the handle
        self._data: dict[str, Any] | None = None

    def _text(self, kind: int, terminal: Any = ffi.NULL) -> str:
        out = ffi.new("char **")
        call(lib.xsnr_results_text, self._handle, kind, terminal, out)
        return take(out)

    def _load(self) -> dict[str, Any]:
        if self._data is None:
            self._data = json.loads(self.json())
        return self._data

    def __getitem__(self, key: str) -> Any:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return self.table()

    @property
    def texts(self) -> list[str]:
        """Ids of the texts that were explained."""
        count = lib.xsnr_results_texts(self._handle)
        return [string(lib.xsnr_results_text_id(self._handle, i)) for i in range(count)]

    def text(self, id: str, family: str | None = None, explainer: str | None = None) -> dict[str, Any]:
        """Statistics of one text.

        Parameters
        ----------
        id : str
            Of the text.
        family, explainer : str, optional
            Needed if the study has several; else the first that has the text.

        Returns
        -------
        dict
            The text's object of results.json, lists of numbers as arrays (undefined: nan); ``["word"]`` holds an array
            (words,) a statistic, an interval ``ci`` (words, 2).
        """
        for f in self["families"]:
            for e in f["explainers"]:
                if family in (None, f["name"]) and explainer in (None, e["name"]):
                    for t in e["texts"]:
                        if t["id"] == id:
                            return _arrays(t)
        raise NotFoundError(f"no results of text {id!r}, family {family or 'any'}, explainer {explainer or 'any'}")

    def table(self, width: int = 100, colors: int = 0) -> str:
        """The table of families, as `xsnr report` prints it; `colors` is 0, 16, 256 or 2**24."""
        return self._text(lib.XSNR_TABLE, ffi.new("xsnr_terminal *", {"width": width, "colors": colors}))

    def show(self, id: str, family: str | None = None, explainer: str | None = None, width: int = 100, colors: int = 0) -> str:
        """One text as a heat map with its uncertainty, for a terminal."""
        keep, out = Strings(), ffi.new("char **")
        terminal = ffi.new("xsnr_terminal *", {"width": width, "colors": colors})
        call(lib.xsnr_results_show, self._handle, keep(id), keep(family), keep(explainer), terminal, out)
        return take(out)

    def json(self) -> str:
        """results.json."""
        return self._text(lib.XSNR_JSON)

    def csv(self) -> str:
        """words.csv: a line a family, explainer, text and word."""
        return self._text(lib.XSNR_CSV)

    def html(self) -> str:
        """The page, one file that needs nothing else."""
        return self._text(lib.XSNR_HTML)

    def report(self, file: str | os.PathLike[str] = "report.html") -> None:
        """Writes the page; the file appears whole or not at all."""
        out = ffi.new("char **")
        call(lib.xsnr_results_text, self._handle, lib.XSNR_HTML, ffi.NULL, out)
        try:
            call(lib.xsnr_write_file, path(file), out[0])
        finally:
            lib.xsnr_free(out[0])


class Analysis(dict):  # type: ignore[type-arg]
    """Statistics of one array: the dict of `Results.text`, and all `results` (table, page, …)."""

    def __init__(self, results: Results) -> None:
        super().__init__(results.text(results.texts[0]))
        self.results = results

    def __repr__(self) -> str:
        return self.results.table()


def unmasked(scores: Any) -> NDArray[Any]:
    """The scores as a plain array; values that are masked would count, so there may be none."""
    if np.ma.is_masked(scores):
        raise ValueError(f"{np.ma.count_masked(scores)} of the scores are masked; every model has a score for every word")
    return np.asarray(scores)


def analyze(
    scores: ArrayLike,
    normalize: str = "l1",
    *,
    absolute: bool = False,
    reliability: float = 0.9,
    seed: int = 0,
    threads: int = 0,
) -> Analysis:
    """Signal, noise and all other statistics of one text's explanations.

    Parameters
    ----------
    scores : array_like, (models, words)
        A row a model.  An array of float64 in C order is read where it lies; anything else is converted first.
        Every model has a score for every word: a masked array must not have any masked.
    normalize : str
        ``"none"``, ``"l1"``, ``"l2"``, ``"max-abs"``, ``"min-max"``, ``"min-max-sum"``, ``"z-score"`` or ``"rank"``.
    absolute : bool
        Take absolute values first.
    reliability : float
        That ``models_needed`` is for.
    seed : int
        Of the random halves.
    threads : int
        0: as many as there are processors.

    Returns
    -------
    Analysis
        A dict with the keys of docs/statistics.md; lists of numbers are arrays.

    Examples
    --------
    >>> a = xsnr.analyze(numpy.load("scores.npy"))
    >>> a["snr"], a["snr_ci"], a["word"]["mean"]
    """
    array = unmasked(scores)
    if array.ndim != 2:
        raise ValueError(f"scores has {array.ndim} dimension{'' if array.ndim == 1 else 's'}; it should have two, (models, words)")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"scores are {array.dtype}; they should be real numbers")
    array = np.ascontiguousarray(array, dtype=np.float64)
    keep, out = Strings(), ffi.new("xsnr_results **")
    options = ffi.new(
        "xsnr_analysis_options *",
        {"normalize": keep(normalize), "absolute": absolute, "reliability": reliability, "seed": seed, "threads": threads},
    )
    data = ffi.from_buffer("double[]", array)
    call(lib.xsnr_analyze, data, array.shape[0], array.shape[1], options, out)
    return Analysis(Results(ffi.gc(out[0], lib.xsnr_results_free)))
