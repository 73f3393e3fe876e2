"""How many models are enough."""

from __future__ import annotations

import json
import os
from typing import Any

from ._library import Strings, call, ffi, lib, path, take


def power(
    study: Any = None,
    *,
    family: str | None = None,
    explainer: str | None = None,
    snr: float | None = None,
    words: int = 25,
    texts: int = 40,
    models: int = 200,
    top: int = 5,
    width: float = 0.2,
    probability: float = 0.95,
    repeats: int = 200,
    seed: int = 0,
    threads: int = 0,
) -> dict[str, Any]:
    """Models for a reliability, for an interval of some width, and for strongest words that stay.

    Parameters
    ----------
    study : Study or path, optional
        Random subsets of its models are drawn.  Without it `snr` is needed, and families are simulated.
    family, explainer : str, optional
        Of the study, only these.
    snr : float, optional
        The SNR that is assumed, of so many `texts` of so many `words`, up to so many `models`.
    words, texts, models : int
        See `snr`.
    top : int
        Words that are to stay the strongest.
    width : float
        Of the SNR's 95 % interval, end to end, as a share of the SNR.
    probability : float
        With which the strongest words are to stay.
    repeats : int
        Subsets, or simulated families, of every size.
    seed, threads : int
        Of the random draws; 0 threads: as many as there are processors.

    Returns
    -------
    dict
        The object that `xsnr power --json` prints (docs/statistics.md, "How many models").

    Examples
    --------
    >>> xsnr.power(snr=0.5)
    >>> xsnr.power("study.xsnr", family="tfidf")
    """
    if (study is None) == (snr is None):
        raise ValueError("give a study, or the SNR that is assumed: one of them")
    keep, out = Strings(), ffi.new("char **")
    options = {
        "family": keep(family), "explainer": keep(explainer), "snr": snr or 0.0, "words": words, "texts": texts, "models": models,
        "top": top, "width": width, "probability": probability, "repeats": repeats, "seed": seed, "threads": threads, "json": 1,
    }  # fmt: skip
    file = ffi.NULL if study is None else keep(path(study if isinstance(study, (str, bytes, os.PathLike)) else study.path))
    call(lib.xsnr_power, file, ffi.new("xsnr_power_options *", options), out)
    answer: dict[str, Any] = json.loads(take(out))
    return answer
