"""Writes a study: a folder to send to labelers, and a key to keep."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from bench.annotation.study_pictures import StudyPictures
from bench.annotation.study_spec import SAME_PERSON, StudySpec
from bench.data.csv_files import write_lines
from bench.faces import Array, Faces, Images, Target

SENT, KEY = "send", "key.csv"
COLUMNS = ("picture", "question", "image", "version", "truth", "person", "evidence")
_RESERVED = {*COLUMNS, "light", "pose"}


class Item(NamedTuple):
    """One question about one picture, or about a pair."""

    token: str  # a random name, which reveals nothing
    key: Mapping[str, object]  # its line of the key table
    shown: Mapping[str, Images]  # random file name to picture, uint8 (3, H, W)


def new_item(key: Mapping[str, object], *shown: Images) -> Item:
    """An item with random names from the system; with a seed, labelers could redo the choice."""
    token, *names = (secrets.token_hex(8) for _ in range(1 + len(shown)))
    return Item(
        token, key, {f"{name}.png": image for name, image in zip(names, shown, strict=True)}
    )


def picture_items(
    spec: StudySpec, pictures: StudyPictures, versions: Sequence[str], chosen: Array
) -> Iterator[Item]:
    """An item for every version of every chosen picture."""
    faces, answers = pictures.faces, {1: "yes", 0: "no", -1: ""}
    columns: dict[str, Sequence[object]] = {
        "image": faces.image_id.tolist(),
        "truth": [answers[number] for number in pictures.truth.tolist()],
        "person": np.asarray(faces.labels["identity"]).tolist(),
        "evidence": [_digits(number) for number in pictures.evidence],
        **facts(faces, pictures.targets),
    }
    for i in chosen:
        known = {"question": spec.name, **{name: column[i] for name, column in columns.items()}}
        for name in versions:
            yield new_item({**known, "version": name}, pictures.versions[name][i])


def pair_items(
    pictures: StudyPictures, versions: Sequence[str], pairs: Sequence[tuple[int, int]], *, raw: bool
) -> Iterator[Item]:
    """An item for every version of every pair; the second picture is raw if raw ones are shown."""
    faces = pictures.faces
    person, image_id = np.asarray(faces.labels["identity"]), faces.image_id
    for i, j in pairs:
        known = {
            "question": SAME_PERSON,
            "image": f"{image_id[i]}+{image_id[j]}",
            "truth": "yes" if person[i] == person[j] else "no",
            "person": int(person[i]),
        }
        for name in versions:
            images = pictures.versions[name]
            second = (faces.images if raw else images)[j]
            yield new_item({**known, "version": name}, images[i], second)


def facts(faces: Faces, targets: Sequence[Target]) -> dict[str, list[str]]:
    """Facts that errors may depend on, as text: labels, and `light` and `pose` of every picture.

    `light` is the raw picture's mean, 0..1; `pose` the largest turn of the head as a share of its
    range, 0 frontal to 1, if the data have yaw and pitch. Missing values are empty. A label that is
    called as another column of the key gets `label.` before its name.
    """
    found: dict[str, list[str]] = {}
    for name, kind, classes in ((t.name, t.kind, t.classes) for t in targets):
        label = np.asarray(faces.labels[name])
        own = f"label.{name}" if name in _RESERVED or name.startswith("label.") else name
        if kind == "continuous":
            found[own] = [_digits(value) for value in label]
        elif name != "identity":
            found[own] = [classes[int(value)] if value >= 0 else "" for value in label]
    found["light"] = [_digits(value) for value in faces.images.mean(axis=(1, 2, 3)) / 255]
    if {"yaw", "pitch"} <= set(found):
        turns = [np.abs(2 * np.asarray(faces.labels[name]) - 1) for name in ("yaw", "pitch")]
        found["pose"] = [_digits(value) for value in np.maximum(*turns)]
    return found


def _digits(number: float) -> str:
    return "" if np.isnan(number) else f"{number:.4g}"


def write(
    spec: StudySpec, items: Sequence[Item], texts: Mapping[str, str], folder: Path, base_url: str
) -> None:
    """Writes key.csv and study.json, and beside them the folder `send` and the MTurk files.

    Everything is written in the order of the tokens, so that neither names, order nor times of
    files reveal versions or labels. Texts are the wording of each question, by its name; Mechanical
    Turk will find the pictures at the base URL.

    Raises:
        FileExistsError: if the folder is not empty: a study that people label is never overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"expected an empty folder, got {folder}; name another with --out")
    pictures = folder / SENT / "pictures"
    pictures.mkdir(parents=True)
    items = sorted(items, key=lambda item: item.token)
    shown = {name: image for item in items for name, image in item.shown.items()}
    for name in sorted(shown):
        picture = np.ascontiguousarray(shown[name].transpose(1, 2, 0))  # (H, W, 3)
        Image.fromarray(picture).save(pictures / name)
    (folder / SENT / "index.html").write_text(_page(items, texts), encoding="utf-8")
    (folder / "mturk.html").write_text(_template("mturk.html"), encoding="utf-8")
    rows = []
    for item in items:
        urls = [f"{base_url.rstrip('/')}/{name}" for name in item.shown]
        text = texts[str(item.key["question"])]
        rows.append((item.token, text, *urls, *[""] * (2 - len(urls))))
    write_lines(folder / "mturk.csv", ("picture", "text", "image_url", "image_url_2"), rows)
    columns = dict.fromkeys([*COLUMNS, *(name for item in items for name in item.key)])
    lines = ({"picture": item.token, **item.key} for item in items)
    cells = ([line.get(name, "") for name in columns] for line in lines)
    write_lines(folder / KEY, list(columns), cells)
    spec.write(folder)


def _page(items: Sequence[Item], texts: Mapping[str, str]) -> str:
    """The page with the questions in it."""
    study = {
        "id": secrets.token_hex(4),
        "questions": [{"name": name, "text": text} for name, text in texts.items()],
        "items": [
            {"id": item.token, "question": item.key["question"], "files": list(item.shown)}
            for item in items
        ],
    }
    return _template("page.html").replace("__STUDY__", json.dumps(study).replace("<", "\\u003c"))


def _template(name: str) -> str:
    return (files("bench.annotation") / name).read_text(encoding="utf-8")
