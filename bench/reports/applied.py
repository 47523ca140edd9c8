"""One verb on somebody's pictures: read, apply, write, print."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from rich.console import Console
from rich.table import Table

from bench.api import Defense
from bench.data.frames import frames
from bench.faces import Images
from bench.registry import make
from bench.reports.files import check_new, new_folder
from bench.reports.sheet import Strip, drawn, picture_of
from bench.runner.judges import judges
from bench.runner.luck import RowLuck
from bench.runner.sharing import Recipe, read
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.verb import Applied, Pictures, Tools, Verb, folders

FRAME_MS = 100  # that each frame of an animation is shown
LEAST_PX = 128  # height of an animation; smaller frames are enlarged by a whole number
N_FRAMES = 600  # of an animation, at most
N_SHOWN = 12  # pictures in a row of a sheet, at most
N_ROWS = 16
COLUMNS = ("measure", "value", "low", "high", "chance", "n", "status", "reason")


def run_verb(
    spec: Spec, weights: Path, source: Path, out: Path, store: Store, worker: Worker
) -> None:
    """Applies the verb and writes what comes of it to `out`, all or nothing.

    Raises:
        FileExistsError: if there is something in `out`.
        FileNotFoundError: if weights or pictures are not there.
        ValueError: if a picture cannot be read, or the weights are another defense's.
    """
    check_new(out)
    verb, shared, console = make(Verb, spec), read(weights), Console()
    if shared.recipe.defense != verb.defense:
        raise ValueError(
            f"{verb.name} wants weights of {verb.defense}, {weights} holds those of "
            f"{shared.recipe.defense}"
        )
    pictures, n_resized = frames(source, _size(shared.recipe))
    if n_resized:
        side = _size(shared.recipe)
        told = f"{n_resized} of {len(pictures)} pictures were cut to a centred square"
        console.print(f"{told} and resized to {side} x {side} px", highlight=False)
    luck = RowLuck(np.arange(len(pictures)), 0, verb.defense, 0)
    tools = Tools(
        make(Defense, shared.recipe.spec),
        shared.weights,
        worker.protecting(luck),
        judges(store, shared.recipe.data_key, worker),
        _files(verb, _size(shared.recipe)),
    )
    for target, judge in tools.judges.items():
        right = f"right in {judge.accuracy:.1%} of raw pictures"
        console.print(f"judge of {target}: {judge.name}, {right}", highlight=False)
    applied = verb.apply(pictures, tools)
    _write(str(spec), applied, out)
    _print(applied, console)
    n_folders = len(np.unique(folders(pictures)))
    over = f"over {n_folders} folders" if n_folders > 1 else "as if pictures were independent"
    told = f"intervals are {over}; {len(applied.pictures)} pictures in {out}/"
    console.print(told, highlight=False, soft_wrap=True)


def _size(recipe: Recipe) -> int:
    return recipe.shape[-1]


def _files(verb: Verb, size_px: int) -> Pictures:
    """The pictures that the verb's fields name."""
    found: dict[str, Images] = {}
    for item in dataclasses.fields(verb):  # type: ignore[arg-type]  # plugins are dataclasses
        named = str(getattr(verb, item.name))
        if item.metadata.get("at") == "place" and named:
            found[item.name] = next(
                iter(frames(Path(named).expanduser(), size_px).pictures.values())
            )
    return found


def _write(title: str, applied: Applied, out: Path) -> None:
    with new_folder(out) as draft:
        for name, image in applied.pictures.items():
            named = draft / "pictures" / f"{name}.png"
            named.parent.mkdir(parents=True, exist_ok=True)
            picture_of(image).save(named)
        if len(applied.frames):
            first, *rest = [_enlarged(frame) for frame in applied.frames[:N_FRAMES]]
            clip = draft / "animation.gif"
            first.save(clip, save_all=True, append_images=rest, duration=FRAME_MS, loop=0)
        rows = {
            name: Strip(images[:N_SHOWN]) for name, images in applied.sheet.items() if len(images)
        }
        rows = dict(list(rows.items())[:N_ROWS])
        drawn(title, rows).save(draft / "sheet.png")
        frame = pd.DataFrame(_lines(applied), columns=list(COLUMNS))
        frame.to_csv(draft / "measures.csv", index=False, float_format="%.6g", lineterminator="\n")


def _enlarged(image: Images) -> Image.Image:
    times = -(-LEAST_PX // image.shape[1])
    return picture_of(image.repeat(times, axis=1).repeat(times, axis=2))


def _lines(applied: Applied) -> list[tuple[object, ...]]:
    nothing = (math.nan,) * 4
    return [
        (name, *nothing, 0, "n/a", found)
        if isinstance(found, str)
        else (name, found.value, found.low, found.high, found.chance, found.n, "ok", "")
        for name, found in applied.measures.items()
    ]


def _print(applied: Applied, console: Console) -> None:
    shown = Table("measure", "value", "95 % interval", "chance", "n")
    for name, value, low, high, chance, n, _, reason in _lines(applied):
        if reason:
            shown.add_row(str(name), f"n/a: {reason}")
        else:
            shown.add_row(str(name), *(_number(value), _number(low, high), _number(chance), str(n)))
    console.print(shown)


def _number(*values: object) -> str:
    return ", ".join("" if math.isnan(float(str(v))) else f"{float(str(v)):.3f}" for v in values)
