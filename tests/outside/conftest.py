"""Photographs, and programs and folders that protect them."""

import shutil
import sys
import textwrap

import numpy as np
import pytest
from PIL import Image

from bench.api import Dataset
from bench.commands.data import save_data
from bench.registry import make
from bench.spec import Spec

FEW = Spec.parse("toy:people=4,pictures=1")
INVERT = """
    import sys
    from pathlib import Path
    from PIL import Image, ImageOps

    source, out = map(Path, sys.argv[1:3])
    for path in sorted(source.iterdir()):
        ImageOps.invert(Image.open(path).convert("RGB")).save(out / path.with_suffix(".png").name)
"""


@pytest.fixture
def photos(tmp_path):
    """Photographs of 40 x 30 px, of which a data set shows the middle; a folder per person."""
    save_data(make(Dataset, FEW), None, tmp_path / "toy")
    root = tmp_path / "photos"
    for path in sorted((tmp_path / "toy").rglob("*.png")):
        target = root / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize((40, 30)).save(target)
    shutil.copy(tmp_path / "toy" / "labels.csv", root / "labels.csv")
    return root


@pytest.fixture
def data(photos):
    return f"folder:root={photos},manifest=labels.csv,size=16,crop=0.8,protocol=closed"


@pytest.fixture
def tool(tmp_path):
    """The spec of a program with this text, of Python."""

    def written(text=INVERT, more="", line="{in} {out}"):
        path = tmp_path / "tool.py"
        path.write_text(textwrap.dedent(text))
        return f'command:run="{sys.executable} {path} {line}"{more}'

    return written


@pytest.fixture(scope="session")
def protected():
    """Makes a folder of releases with the names of the originals."""
    return _protected


def _protected(photos, after, change=lambda picture: picture, suffix=".png"):
    for path in photos.rglob("*.png"):
        release = (after / path.relative_to(photos)).with_suffix(suffix)
        release.parent.mkdir(parents=True, exist_ok=True)
        change(Image.open(path).convert("RGB")).save(release)
    return after


@pytest.fixture(scope="session")
def grey():
    """A change of a picture."""
    return _grey


def _grey(picture):
    return Image.new("RGB", picture.size, (90, 90, 90))


@pytest.fixture(scope="session")
def release_of():
    """What the defense made of the probe."""
    return _release_of


def _release_of(ran, query=0):
    wanted = {"role": "probe", "query": query}
    stage = next(
        s
        for s in ran.plan.stages
        if s.action == "protect"
        and s.spec.name in ("command", "pairs")
        and all(s.detail[name] == value for name, value in wanted.items())
    )
    return np.asarray(ran.store.get(stage.key).arrays["images"])


@pytest.fixture(scope="session")
def few():
    """The spec of some drawn people."""
    return FEW


@pytest.fixture(scope="session")
def invert():
    """The text of a program that inverts all pictures of a folder."""
    return INVERT
