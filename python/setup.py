"""setup.cfg says everything but one thing: the package carries xsnr.h, which its declarations are read from."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HEADER = Path(__file__).resolve().parent.parent / "include" / "xsnr" / "xsnr.h"


class BuildWithHeader(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:  # in the repository the header is found where it stands
            self.copy_file(str(HEADER), str(Path(self.build_lib) / "xsnr" / "xsnr.h"))


setup(cmdclass={"build_py": BuildWithHeader})
