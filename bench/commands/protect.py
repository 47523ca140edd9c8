"""`bench protect`: protects pictures with any defense."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec

if TYPE_CHECKING:
    from bench.runner.worker import Worker


def protect(
    defense: Annotated[str, typer.Argument(help="A defense, e.g. blur:sigma=0.06")],
    source: Annotated[Path, typer.Argument(metavar="IN", help="A picture, animation or folder.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new file or folder.")],
    weights: Annotated[
        Path | None, typer.Option(help="What it learned: a file of `bench weights export`.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of what it draws.", show_default="drawn: nobody can repeat it"),
    ] = None,
    device: opt.Device = "auto",
    plugin: opt.Plugins = None,
) -> None:
    """Protect pictures with any defense; sizes and names stay, metadata is left out.

    How well it hides people, `bench run` measures.
    """
    with opt.user_errors(plugin):
        from bench.nn.device import device_named
        from bench.runner.worker import Worker

        worker = Worker(device_named(device))
        for line in protect_pictures(Spec.parse(defense), source, out, worker, weights, seed):
            print(line)


def protect_pictures(
    spec: Spec,
    source: Path,
    out: Path,
    worker: "Worker",
    weights: Path | None = None,
    seed: int | None = None,
) -> list[str]:
    """Protects a picture, an animation or all in a folder; what was done, in lines.

    Either everything is written to `out` or nothing.

    Raises:
        ValueError, OSError: if the defense needs weights or labels, or a picture cannot be read or
            protected.
    """
    from bench.data.image_files import pictures_in
    from bench.runner.picture_files import Protector

    files = pictures_in(source) if source.is_dir() else [source]
    if not files or not source.exists():
        raise FileNotFoundError(f"expected a picture, an animation or a folder, none at {source}")
    drawn = secrets.randbits(128) if seed is None else seed
    protector = Protector.of(spec, weights, worker, drawn)
    with _targets(files, source, out) as targets:
        protector.protect(targets)
    n = f"{len(files)} file{'s' * (len(files) > 1)}"
    return [*filter(None, [protector.said]), f"protected {n} by {protector.defense.name}: {out}"]


@contextmanager
def _targets(files: Sequence[Path], source: Path, out: Path) -> Iterator[Mapping[Path, Path]]:
    """Where to write each file's release; on success, all this becomes `out`."""
    from bench.data.image_files import SUFFIXES
    from bench.reports.files import new_folder

    if source.is_dir() or out.suffix.lower() not in SUFFIXES:
        with new_folder(out) as draft:
            root = source if source.is_dir() else source.parent
            targets = {file: draft / file.relative_to(root) for file in files}
            for target in targets.values():
                target.parent.mkdir(parents=True, exist_ok=True)
            yield targets
        return
    if out.exists():
        raise FileExistsError(f"expected a new file, got {out}; name another")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        draft = Path(folder, out.name)
        yield {source: draft}
        draft.replace(out)
