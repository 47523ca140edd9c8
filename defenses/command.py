"""A program of this machine as a defense."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.api import Context, field
from bench.outside import Outside
from bench.registry import register

_TAIL = 400  # characters of what a program wrote, in an error


@register("command")
@dataclass(frozen=True)
class Command(Outside):
    """Runs a program on copies of the photographs: `command:run="tool --in {in} --out {out}"`.

    No shell is involved. {in} and {out} are folders, or files if `per=picture`, which may also use
    {seed}: it is the same each time a picture is protected. A new program is noticed by its content
    (of the program and of files that the line names) or, if that does not tell, by `version`.

    Source: ours.
    """

    run: str = field("", about="the program's line, with {in} and {out}", at="protect")
    per: str = field(
        "folder", about="what it gets in a call", at="protect", among=("folder", "picture")
    )
    suffix: str = field(".png", about="of its files, if per=picture", at="protect")
    timeout: int = field(3600, about="of a call, s", at="protect", within="[1, 1e6]")
    version: str = field("", about="of the program, instead of its content", at="protect")

    def __post_init__(self) -> None:
        """Raises ValueError if the line does not say where pictures come from and go to."""
        if not ("{in}" in self.run and "{out}" in self.run):
            raise ValueError(
                f'expected run="PROGRAM ... {{in}} ... {{out}}", got run={self.run!r}; quote a '
                "line that has commas"
            )
        if "{seed}" in self.run and self.per != "picture":
            raise ValueError("expected per=picture with {seed}: a seed belongs to one picture")

    def files(self) -> Sequence[Path]:
        """The program, and the files that its line names; none if it has a version.

        Raises:
            FileNotFoundError: if there is no such program.
        """
        name, *rest = shlex.split(self.run)
        program = shutil.which(name)
        if program is None:
            raise FileNotFoundError(
                f"expected a program, found none called {name!r}; install it, or give its path"
            )
        named = [Path(program), *filter(os.path.isfile, map(Path, rest))]
        return [] if self.version else named

    def protect_files(self, files: Sequence[Path], out: Path, context: Context) -> None:
        """Runs the program once, or once for each picture.

        Raises:
            ChildProcessError: if it fails, with its exit code and the end of what it wrote.
            TimeoutError: if it takes too long.
        """
        if self.per == "folder":
            self._call({"{in}": files[0].parent, "{out}": out}, len(files))
            return
        for file, rng in zip(files, context.row_rngs, strict=False):
            target = out / (file.stem + self.suffix)
            self._call({"{in}": file, "{out}": target, "{seed}": rng.integers(2**31)}, 1)

    def _call(self, values: Mapping[str, object], n_pictures: int) -> None:
        words = shlex.split(self.run)
        for name, value in values.items():
            words = [word.replace(name, str(value)) for word in words]
        told = {name: v for name, v in os.environ.items() if not name.startswith("BENCH_")}
        with subprocess.Popen(
            words,
            env=told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # with its children, it can be ended
        ) as process:
            try:
                written = process.communicate(timeout=self.timeout)[0]
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                raise TimeoutError(
                    f"{words[0]} took over {self.timeout} s for {n_pictures} pictures; raise "
                    "command:timeout="
                ) from error
        if process.returncode:
            said = " ".join(written.decode(errors="replace").split())[-_TAIL:]
            raise ChildProcessError(f"{words[0]} ended with code {process.returncode}: {said}")
