"""Writes a study: a folder to send to labelers, and a key that stays at home."""

import csv
import json
import secrets
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from bench.annotation.choice import digits, facts
from bench.annotation.material import Material
from bench.annotation.recipe import SAME, Recipe
from bench.faces import Array, Images

SENT, KEY = "send", "key.csv"
COLUMNS = ("picture", "question", "image", "version", "truth", "person", "evidence")


class Item(NamedTuple):
    """One question about one picture, or about a pair.

    Attributes:
        token: names it; a random number that nothing can be told from.
        key: its line of the key table.
        shown: its pictures, uint8 (3, H, W) each.
    """

    token: str
    key: Mapping[str, object]
    shown: tuple[Images, ...]


def items(recipe: Recipe, given: Material, versions: Sequence[str], chosen: Array) -> list[Item]:
    """An item for every version of every chosen picture."""
    told = facts(given.faces, given.targets)
    answers = {1: "yes", 0: "no", -1: ""}
    return [
        Item(
            new_token(),
            {
                "question": recipe.name,
                "image": int(given.faces.rows[i]),
                "version": version,
                "truth": answers[int(given.truth[i])],
                "person": int(np.asarray(given.faces.labels["identity"])[i]),
                "evidence": digits(given.evidence[i]),
                **{name: values[i] for name, values in told.items()},
            },
            (given.versions[version][i],),
        )
        for i in chosen
        for version in versions
    ]


def pair_items(
    given: Material, versions: Sequence[str], pairs: Sequence[tuple[int, int]], *, raw: bool
) -> list[Item]:
    """An item for every version of every pair; the second picture is raw if raw ones are shown."""
    person, rows = np.asarray(given.faces.labels["identity"]), given.faces.rows
    return [
        Item(
            new_token(),
            {
                "question": SAME,
                "image": f"{rows[first]}+{rows[second]}",
                "version": version,
                "truth": "yes" if person[first] == person[second] else "no",
                "person": int(person[first]),
            },
            (
                given.versions[version][first],
                (given.faces.images if raw else given.versions[version])[second],
            ),
        )
        for first, second in pairs
        for version in versions
    ]


def write(
    recipe: Recipe, made: Sequence[Item], texts: Mapping[str, str], folder: Path, base_url: str
) -> None:
    """Writes key.csv and study.json, and beside them the folder `send` and the MTurk files.

    Everything is written in the order of the tokens, so neither names, order nor times of files
    tell versions or labels.

    Args:
        recipe: is kept, for `simulate`.
        made: the items.
        texts: each question's wording, by its name, in the order in which they are asked.
        folder: must be empty or absent: a study that people answer is never overwritten.
        base_url: where the pictures will be found by Mechanical Turk.

    Raises:
        FileExistsError: if the folder holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something already; name another folder (--out)")
    pictures = folder / SENT / "pictures"
    pictures.mkdir(parents=True)
    ordered = sorted(made, key=lambda item: item.token)
    names = {item.token: [f"{new_token()}.png" for _ in item.shown] for item in ordered}
    shown = {
        name: image
        for item in ordered
        for name, image in zip(names[item.token], item.shown, strict=True)
    }
    for name in sorted(shown):
        picture = np.ascontiguousarray(shown[name].transpose(1, 2, 0))  # (H, W, 3)
        Image.fromarray(picture).save(pictures / name)
    study = {
        "id": new_token()[:8],
        "questions": [{"name": name, "text": text} for name, text in texts.items()],
        "items": [
            {"id": item.token, "question": item.key["question"], "files": names[item.token]}
            for item in ordered
        ],
    }
    page = _template("page.html").replace("__STUDY__", json.dumps(study).replace("<", "\\u003c"))
    (folder / SENT / "index.html").write_text(page, encoding="utf-8")
    (folder / "mturk.html").write_text(_template("mturk.html"), encoding="utf-8")
    _write_mturk(ordered, names, texts, base_url, folder / "mturk.csv")
    _write_key(ordered, folder / KEY)
    recipe.write(folder)


def _write_mturk(
    ordered: Sequence[Item],
    names: Mapping[str, Sequence[str]],
    texts: Mapping[str, str],
    base_url: str,
    path: Path,
) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("picture", "text", "image_url", "image_url_2"))
        for item in ordered:
            urls = [base_url.rstrip("/") + "/" + name for name in names[item.token]]
            text = texts[str(item.key["question"])]
            writer.writerow((item.token, text, *urls, *[""] * (2 - len(urls))))


def _write_key(ordered: Sequence[Item], path: Path) -> None:
    told = dict.fromkeys(name for item in ordered for name in item.key)
    columns = [*COLUMNS, *(name for name in told if name not in COLUMNS)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"picture": item.token, **item.key} for item in ordered)


def _template(name: str) -> str:
    return (files("bench.annotation") / name).read_text(encoding="utf-8")


def new_token() -> str:
    """From the system's own randomness: a seed could be guessed, and the choice redone."""
    return secrets.token_hex(8)
