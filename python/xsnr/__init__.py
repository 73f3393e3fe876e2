"""xsnr: how much of a model's word-level explanation is signal, and how much is the noise of training?

A thin layer over the C library; docs/python.md is its guide.

>>> import xsnr
>>> xsnr.analyze(scores)["snr"]                     # an array, (models, words)
>>> with xsnr.open("study.xsnr") as study:          # a study file
...     study.scores("test:17", "tfidf")            # (models, words), not copied
...     study.report("report.html")
"""

from ._errors import (
    ArgumentError,
    BusyError,
    CallbackError,
    ConfigError,
    CorruptError,
    DataError,
    Error,
    FileError,
    NotFoundError,
    NumericError,
    OutOfMemoryError,
    SchemaError,
    StoppedError,
    UnsupportedError,
)
from ._library import VERSION as __version__
from ._power import power
from ._results import Analysis, Results, analyze
from ._study import Explanations, Family, Progress, Study, Text, Word, gazette, import_explanations, report, run

open = Study.open

__all__ = [
    "Analysis", "ArgumentError", "BusyError", "CallbackError", "ConfigError", "CorruptError", "DataError", "Error",
    "Explanations", "Family", "FileError", "NotFoundError", "NumericError", "OutOfMemoryError", "Progress", "Results",
    "SchemaError", "StoppedError", "Study", "Text", "UnsupportedError", "Word", "__version__", "analyze", "gazette",
    "import_explanations", "open", "power", "report", "run",
]  # fmt: skip
