"""The package against the library and its header; installed by pip without a network."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import xsnr
from xsnr import _errors, _library

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "include" / "xsnr" / "xsnr.h").read_text()


def test_versions_agree():
    project = re.search(r"project\(xsnr VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    package = re.search(r"^version = (\S+)$", (ROOT / "python" / "setup.cfg").read_text(), re.MULTILINE)[1]
    assert project == package == xsnr.__version__ == _library.ffi.string(_library.lib.xsnr_version()).decode()


def test_every_code_has_a_class():
    codes = {int(code) for code in re.findall(r"XSNR_ERR_\w+ = (-\d+)", HEADER)}
    assert codes == set(_errors.BY_CODE)
    assert all(kind.__name__ in xsnr.__all__ for kind in _errors.BY_CODE.values())


def test_every_function_can_be_called():
    names = set(re.findall(r"\b(xsnr_[a-z_]+)\(", "".join(re.findall(r"XSNR_API [^;]*;", re.sub(r"//.*", "", HEADER)))))
    assert len(names) > 30
    for name in names:
        assert getattr(_library.lib, name)


def public():
    """Every function and class of the package, and every method of those classes, by name."""
    for name in xsnr.__all__:
        thing = getattr(xsnr, name)
        if inspect.isclass(thing):
            yield name, thing, False
            for method, of in vars(thing).items():
                function = of.fget if isinstance(of, property) else getattr(of, "__func__", of)
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", function, True
        elif callable(thing):
            yield name, thing, True


def test_types_and_docstrings():
    seen = 0
    for name, thing, is_function in public():
        document = inspect.getdoc(thing)
        assert document and document.partition("\n")[0].endswith((".", ";", ",", ":")), f"{name} has no docstring"
        if not is_function:
            continue
        seen += 1
        given = inspect.signature(thing)
        assert given.return_annotation is not inspect.Signature.empty, f"{name}: what it returns has no type"
        for parameter in given.parameters.values():
            assert parameter.name in ("self", "cls") or parameter.annotation is not inspect.Parameter.empty, f"{name}: {parameter.name} has no type"
        if "." not in name:  # NumPy's sections, which name every parameter
            assert re.search(r"^Parameters\n----------$", document, re.M) and re.search(r"^Returns\n-------$", document, re.M), name
            for parameter in given.parameters:
                assert re.search(rf"^[\w, ]*\b{parameter}\b[\w, ]*( : |$)", document, re.M), f"{name}: {parameter} is not described"
    assert seen > 20


def test_structs_have_the_compilers_sizes(tmp_path):
    structs = re.findall(r"^} (xsnr_\w+);", HEADER, re.MULTILINE)
    lines = "".join(f'    printf("{s} %zu\\n", sizeof({s}));\n' for s in structs)
    (tmp_path / "a.c").write_text(f"#include <stdio.h>\n#include <xsnr/xsnr.h>\nint main(void) {{\n{lines}    return 0;\n}}\n")
    subprocess.run(["cc", f"-I{ROOT}/include", "-o", tmp_path / "a", tmp_path / "a.c"], check=True)
    for line in subprocess.run([tmp_path / "a"], capture_output=True, text=True, check=True).stdout.splitlines():
        name, size = line.split()
        assert _library.ffi.sizeof(name) == int(size), name


def python(code, **changes):
    environment = {k: v for k, v in {**os.environ, **changes}.items() if v is not None}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_no_library_is_a_clear_error():
    said = python("import xsnr", XSNR_LIBRARY="/nonexistent/libxsnr.so.0").stderr
    assert "ImportError: the library of xsnr cannot be loaded (XSNR_LIBRARY names it): " in said and "make install" in said


def test_the_loader_finds_it():
    folder = os.path.dirname(os.environ["XSNR_LIBRARY"])
    assert python("import xsnr", XSNR_LIBRARY=None, LD_LIBRARY_PATH=folder).returncode == 0


def test_pkg_config_finds_it(tmp_path):
    folder = os.path.dirname(os.environ["XSNR_LIBRARY"])
    (tmp_path / "xsnr.pc").write_text(f"libdir={folder}\nName: xsnr\nDescription: x\nVersion: 0\n")
    said = python("import xsnr", XSNR_LIBRARY=None, LD_LIBRARY_PATH=None, PKG_CONFIG_PATH=str(tmp_path))
    assert said.returncode == 0, said.stderr


def test_pip_installs_it_without_a_network(tmp_path):
    pytest.importorskip("pip")
    copy = tmp_path / "source"  # pip leaves a build folder beside setup.py
    copy.mkdir()
    subprocess.run(["cp", "-r", ROOT / "python", ROOT / "include", copy], check=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check",
               "--prefix", tmp_path / "there", "."]  # fmt: skip
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(command, cwd=copy / "python", env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (package,) = (tmp_path / "there").rglob("xsnr/__init__.py")
    assert {"xsnr.h", "py.typed"} <= {p.name for p in package.parent.iterdir()}
    code = "import xsnr; print(xsnr.__file__, xsnr.analyze([[1., 2.], [1., 3.]])['models'])"
    said = python(code, PYTHONPATH=str(package.parents[1]))
    assert said.stdout.split() == [str(package), "2"], said.stderr
