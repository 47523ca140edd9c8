"""Writes a study: a folder to send to labelers, and a key to keep."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from bench.annotation import choice
from bench.annotation.study import Runner, StudyPictures, StudySpec, study_pictures
from bench.annotation.votes import RAW, SAME_PERSON
from bench.faces import Faces, Images, Target
from bench.metrics.intervals import Floats, Ids
from bench.runner.rng import generator
from bench.tables import write_rows

SENT, KEY, MTURK = "send", "key.csv", "mturk.csv"
COLUMNS = ("picture", "question", "image", "version", "truth", "person", "evidence")
_RESERVED = {*COLUMNS, "light", "pose"}


class ExportOptions(NamedTuple):
    """Choices of what a study shows."""

    raw: bool  # whether labelers see originals
    choose: Literal["bins", "random"]  # by bins of evidence, or at random
    n_pictures: int  # of which all versions are shown
    evidence: str = ""  # labels to take it from, as `AU6+AU12`; empty for the defender's classifier
    bins: choice.Bins = choice.Bins()  # of evidence
    text: str = ""  # the question as labelers read it
    n_pairs: int = 0  # of the second question, whether two pictures show one person
    base_url: str = ""  # where Mechanical Turk will find the pictures


class Item(NamedTuple):
    """One question about one picture, or about a pair."""

    token: str  # a random name, which reveals nothing
    key: Mapping[str, object]  # its line of the key table
    shown: Mapping[str, Images]  # random file name to picture, uint8 (3, H, W)


def export_study(
    spec: StudySpec, options: ExportOptions, folder: Path, runner: Runner
) -> list[str]:
    """Writes the study; the lines of a summary."""
    pictures = study_pictures(spec, runner)
    if options.evidence:
        evidence = choice.evidence_in(pictures.faces.labels, options.evidence)
        pictures = pictures._replace(evidence=evidence)
    chosen, short = _chosen(pictures.evidence, options, generator("chosen", spec.seed))
    versions = _shown(pictures, chosen, raw=options.raw)
    items = list(picture_items(spec, pictures, versions, chosen))
    texts = {spec.name: options.text or f"Does this picture show: {spec.name}?"}
    if options.n_pairs:
        rng = generator("pairs", spec.seed)
        pairs = choice.pairs(pictures.faces.labels, options.n_pairs, rng)
        items += _pair_items(pictures, versions, pairs, raw=options.raw)
        texts[SAME_PERSON] = "Do these two pictures show the same person?"
    write(spec, items, texts, folder, options.base_url)
    line = f"{len(chosen)} pictures in {len(versions)} versions: {', '.join(versions)}"
    return [line, f"bins with too few pictures: {short}"] if short else [line]


def _chosen(evidence: Floats, options: ExportOptions, rng: np.random.Generator) -> tuple[Ids, str]:
    """Indices of the pictures to show, and the bins with too few."""
    n, n_there = options.n_pictures, len(evidence)
    if options.choose == "bins":
        return choice.by_bins(evidence, n, options.bins, rng)
    if n > n_there:
        raise ValueError(f"expected {n_there} pictures of the probe or fewer, got --pictures {n}")
    return rng.permutation(n_there)[:n], ""


def _shown(pictures: StudyPictures, chosen: Ids, *, raw: bool) -> list[str]:
    """The versions to show; no version shows a raw picture unless `raw` is set."""
    if raw:
        return list(pictures.versions)
    originals, versions = pictures.faces.images[chosen], [v for v in pictures.versions if v != RAW]
    for name in versions:
        same = (pictures.versions[name][chosen] == originals).all(axis=(1, 2, 3))
        if same.any():
            raise ValueError(
                f"{name} leaves {same.sum()} of {len(chosen)} pictures unchanged; show raw ones "
                "(--raw), or leave it out"
            )
    if versions:
        return versions
    raise ValueError("expected a defense or --raw, got neither; name a defense with --defense")


def new_item(key: Mapping[str, object], *shown: Images) -> Item:
    """An item with random names from the system; with a seed, labelers could redo the choice."""
    token, *names = (secrets.token_hex(8) for _ in range(1 + len(shown)))
    files_shown = {f"{name}.png": image for name, image in zip(names, shown, strict=True)}
    return Item(token, key, files_shown)


def picture_items(
    spec: StudySpec, pictures: StudyPictures, versions: Sequence[str], chosen: Ids
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


def _pair_items(
    pictures: StudyPictures, versions: Sequence[str], pairs: Sequence[tuple[int, int]], *, raw: bool
) -> Iterator[Item]:
    """An item for every version of every pair; the second picture is raw if raw ones are shown."""
    image_id, person = pictures.faces.image_id, np.asarray(pictures.faces.labels["identity"])
    for i, j in pairs:
        pair, same = f"{image_id[i]}+{image_id[j]}", ("no", "yes")[int(person[i] == person[j])]
        known = {"question": SAME_PERSON, "image": pair, "truth": same, "person": int(person[i])}
        for name in versions:
            second = pictures.versions[RAW if raw else name][j]
            yield new_item({**known, "version": name}, pictures.versions[name][i], second)


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
    for name, image in sorted(pair for item in items for pair in item.shown.items()):
        Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(pictures / name)
    (folder / SENT / "index.html").write_text(_page(items, texts), encoding="utf-8")
    (folder / "mturk.html").write_text(_template("mturk.html"), encoding="utf-8")
    rows = []
    for item in items:
        urls = [f"{base_url.rstrip('/')}/{name}" for name in item.shown]
        rows.append((item.token, texts[str(item.key["question"])], *urls, *[""] * (2 - len(urls))))
    write_rows(folder / MTURK, ("picture", "text", "image_url", "image_url_2"), rows)
    columns = dict.fromkeys([*COLUMNS, *(name for item in items for name in item.key)])
    lines = ({"picture": item.token, **item.key} for item in items)
    write_rows(folder / KEY, [*columns], ([line.get(c, "") for c in columns] for line in lines))
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
