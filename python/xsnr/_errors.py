"""Exceptions: one class for every error code of the C library."""

from __future__ import annotations


class Error(Exception):
    """What the library says went wrong.

    Attributes
    ----------
    code : int
        The ``xsnr_code`` of the C library.
    message : str
        One line, without the place.
    file : str or None
        The file at fault.
    line : int or None
        Its line, counted from 1.
    """

    code = 0

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return place + self.message

    def __reduce__(self):  # exceptions travel between processes
        return type(self), (self.message, self.file, self.line)


class OutOfMemoryError(Error, MemoryError):
    """Out of memory."""

    code = -1


class FileError(Error, OSError):
    """A file cannot be opened, read or written; the disk is full."""

    code = -2


class DataError(Error, ValueError):
    """A data file is not what it should be."""

    code = -3


class ConfigError(Error, ValueError):
    """study.yaml or an option: unknown key, wrong type, out of range."""

    code = -4


class ArgumentError(Error, ValueError):
    """A function was called with arguments that make no sense."""

    code = -5


class NotFoundError(Error, LookupError):
    """No such text, family or explainer."""

    code = -6


class BusyError(Error):
    """Another process works on the study."""

    code = -7


class SchemaError(Error):
    """The study file is of a later version, or of another study."""

    code = -8


class CorruptError(Error):
    """The study file is damaged."""

    code = -9


class StoppedError(Error):
    """Stopped on request; what was done is kept."""

    code = -10


class UnsupportedError(Error):
    """An explainer needs what the family cannot give."""

    code = -11


class NumericError(Error, ArithmeticError):
    """Training diverged, or a number is not finite."""

    code = -12


class CallbackError(Error):
    """A function of the calling program did what it must not."""

    code = -13


BY_CODE = {kind.code: kind for kind in Error.__subclasses__()}
