"""The C library: found, loaded, called.

The declarations are read from ``xsnr.h`` itself, so they stand in one place only.  ``libxsnr.so.0`` is looked for in
this order: the environment variable ``XSNR_LIBRARY`` (a file), the system's loader (``LD_LIBRARY_PATH``, ldconfig),
pkg-config.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import cffi

from ._errors import BY_CODE, Error

VERSION = "0.1.0"
SONAME = "libxsnr.so.0"

ffi = cffi.FFI()


def declarations(header: str) -> str:
    """xsnr.h without what cffi cannot read: comments, preprocessor lines, the brackets for C++."""
    header = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.DOTALL)
    header = re.sub(r"^#ifdef __cplusplus\n.*?^#endif$", "", header, flags=re.DOTALL | re.MULTILINE)
    header = re.sub(r"^#.*$", "", header, flags=re.MULTILINE)
    return header.replace("XSNR_API ", "")


def _header() -> str:
    here = Path(__file__).resolve().parent
    for place in (here / "xsnr.h", here.parents[1] / "include" / "xsnr" / "xsnr.h"):  # installed; in the repository
        if place.exists():
            return place.read_text(encoding="utf-8")
    raise ImportError("xsnr.h is missing beside the package: install it again with pip")


def _pkg_config() -> str | None:
    try:
        asked = subprocess.run(["pkg-config", "--variable=libdir", "xsnr"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    folder = asked.stdout.strip()
    return os.path.join(folder, SONAME) if asked.returncode == 0 and folder else None


def _load() -> Any:
    named = os.environ.get("XSNR_LIBRARY")
    tried = []
    for path in (named,) if named else (SONAME, _pkg_config()):
        if path is None:
            continue
        try:
            library = ffi.dlopen(path)
        except OSError as error:
            tried.append(str(error))
            continue
        version = ffi.string(library.xsnr_version()).decode()
        if version.split(".")[:2] != VERSION.split(".")[:2]:
            raise ImportError(f"{path} is xsnr {version}, but this package is for {VERSION}: install both from one release")
        return library
    where = "XSNR_LIBRARY names it" if named else "looked for by the loader and by pkg-config"
    raise ImportError(
        f"the library of xsnr cannot be loaded ({where}): {'; '.join(tried)}. Install it (make install, then ldconfig), "
        f"or set XSNR_LIBRARY to the path of {SONAME}"
    )


ffi.cdef(declarations(_header()))
lib = _load()


def call(function: Any, *arguments: Any) -> None:
    """Calls a C function whose last argument is an ``xsnr_error *``, and raises what it says."""
    error = ffi.new("xsnr_error *")
    code = function(*arguments, error)
    if code < 0:
        message = ffi.string(error.message).decode(errors="replace") or f"error {code}"
        file = os.fsdecode(ffi.string(error.file)) or None
        raise BY_CODE.get(code, Error)(message, file, error.line or None)


def take(text: Any) -> str:
    """The string that a function handed out through ``char **text``; the C string is released."""
    try:
        return ffi.string(text[0]).decode()
    finally:
        lib.xsnr_free(text[0])


def string(text: Any) -> str | None:
    """A string that the library keeps; None for NULL."""
    return None if text == ffi.NULL else ffi.string(text).decode()


def path(name: str | os.PathLike[str]) -> bytes:
    """A path for C."""
    name = os.fsencode(name)
    if b"\0" in name:
        raise ValueError("a path cannot hold a null character")
    return name


class Strings:
    """Strings for C that live as long as this object; None is NULL."""

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def __call__(self, text: str | bytes | None) -> Any:
        if text is None:
            return ffi.NULL
        data = text if isinstance(text, bytes) else str(text).encode()
        if b"\0" in data:
            raise ValueError(f"a null character in {text!r}")
        self._kept.append(ffi.new("char[]", data))
        return self._kept[-1]

    def list(self, texts: list[str] | list[bytes]) -> Any:
        self._kept.append(ffi.new("const char *[]", [self(text) for text in texts]))
        return self._kept[-1]
