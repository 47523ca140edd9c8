"""Pairs of pictures, original and version, that fewest labelers got right: figures 9 and 10."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench.annotation.accuracy import worst_images
from bench.annotation.export import MTURK, SENT
from bench.annotation.reading import Key
from bench.annotation.votes import RAW, SAME_PERSON, Votes
from bench.data.csv_files import read_lines
from bench.data.image_files import upright
from bench.names import file_name
from bench.reports.drawing import write_drawn
from bench.reports.paper_tables import published, question_in_paper, version_in_paper
from bench.reports.sheet import Sheet, Strip, sheet_files

Shown = Mapping[tuple[str, str, str], Path]  # by question, image and version
_NOTE = "Under each picture: how many labelers were right, of those who answered."


def shown_pictures(keys: Sequence[Path], key: Key) -> Shown:
    """The files of the pictures of studies; of those whose folder is not beside the key, none."""
    files: dict[str, Path] = {}
    for path in keys:
        if (table := path.parent / MTURK).is_file():
            for line in read_lines(table)[1]:
                if not {"picture", "image_url"} <= line.cells.keys():
                    continue  # people edit this file
                name = Path(urlsplit(line.cells["image_url"]).path).name
                files[line.cells["picture"]] = path.parent / SENT / "pictures" / name
    about = {name: (row["question"], row["image"], row["version"]) for name, row in key.items()}
    return {about[name]: path for name, path in files.items() if name in about and path.is_file()}


def worst_figures(votes: Votes, shown: Shown, folder: Path) -> None:
    """A PNG and PDF for each version whose originals were shown, QUESTION-worst-VERSION.

    Source: Shirai and Whitehill, figures 9 and 10.
    """
    correct = dict(zip(votes.versions, votes.correct, strict=True))

    def strip(version: str, images: Sequence[int]) -> Strip:
        paths = [shown[votes.question, votes.images[i], version] for i in images]
        pictures = [np.asarray(upright(path)).transpose(2, 0, 1) for path in paths]
        right = [correct[version][i] for i in images]
        said = [f"{np.nansum(each):.0f} of {(each >= 0).sum()}" for each in right]
        return Strip(np.stack(pictures), [[line] for line in said])

    for version in votes.versions:
        both = (RAW, version)
        images = [
            i
            for i in worst_images(correct[version])[0].tolist()
            if all((votes.question, votes.images[i], each) in shown for each in both)
        ]
        if images and version != RAW and votes.question != SAME_PERSON:
            title = f"{votes.question}: what fewest labelers got right in {version} ({votes.who})"
            sheet = Sheet(
                title,
                {each: strip(each, images) for each in both},
                note=_note(votes.question, version),
            )
            write_drawn(sheet_files(sheet), folder, file_name(f"{votes.question}-worst-{version}"))


def _note(question: str, version: str) -> str:
    """What the numbers are, and the paper's, if it shows such pairs."""
    asked, shown = question_in_paper(question), version_in_paper(version)
    if not (theirs := published("annotation-worst").get((asked, shown))):
        return _NOTE
    return (
        f"{_NOTE} Published: {100 * theirs['from']:.0f} to {100 * theirs['to']:.0f} % of 60 people "
        f"were right about the ten worst of {shown}."
    )
