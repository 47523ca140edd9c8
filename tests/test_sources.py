"""docs/sources.md: what it names exists, and what the sources name has a row."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bench.api import Attacker
from bench.cli import app
from bench.registry import make, plugins
from bench.runner.grid import bundled
from bench.spec import Spec

ROOT = Path(__file__).parents[1]
PARTS = {  # by heading, the rows
    part.partition("\n")[0]: [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| in the source"))
    ]
    for part in (ROOT / "docs" / "sources.md").read_text().split("\n## ")[1:]
}
ROWS = [row for rows in PARTS.values() for row in rows]
NAMED = {  # by heading, what the texts name; figures by number, of those that have one
    "PPRL-VGAN": [
        *("Figure 1", "Figure 3", "Figure 4", "Table 1", "video", "VAE", "GAN", "Keras 2.0.2"),
        *("TensorFlow 1.0.1", "MUG", "FERG-DB", "privacy-unconstrained", "random guess"),
        *("scenario I, II, III", "identity replacement", "expression morphing"),
        *("image completion", "15 epochs"),
    ],
    "Semi-adversarial networks": [
        *("the system", "autoencoder", "gender prototypes", "gender classifier", "VGG-Face"),
        *("Siamese network", "triplet loss", "J_D", "J_G", "J_M", "visual results"),
        *("detachable parts", "CelebA", "MUCT", "LFW", "AR", "IntraFace", "G-COTS", "M-COTS"),
        *("Othman and Ross", "Rank One", "ROC SDK", "identification", "verification"),
        *('table "Datasets"', 'table "Gender classifier accuracy"', "soft biometrics"),
        *('table "M-COTS face matcher accuracy"', "differential privacy", "ROC figures"),
    ],
    "The annotation study": [
        *(f"Figure {number}" for number in range(1, 11)),
        *("Table 1", "BEGAN-CS", "conditional BEGAN-CS", "BEGAN", "EBGAN", "regular GAN"),
        *("conditional GANs", "auxiliary network", "Extreme3D", "3DDFA", "ExpNet"),
        *("FacePoseNet", "3-D morphable models", "Emotient", "OpenFace", "action units"),
        *("GENKI-1M", "GENKI-4K", "Mechanical Turk", "t-tests", "k-same", "k-anonymity"),
        *("blur", "pixelation", "boxes", "PPRL-VGAN", "Privacy-Protective-GAN"),
        *("Ren et al.", "Bao et al.", "Li and Lyu", "Sun et al.", "zero information"),
    ],
}
KINDS = ("defense", "attacker", "dataset", "operation")


def is_there(name):
    return (ROOT / name).is_file() or any(name in plugins(kind) for kind in KINDS)


def names_in(cell):
    """The cell with each figure of its lists in full: `Figures 2, 3` is `Figure 2 Figure 3`."""
    return re.sub(
        r"Figures ([\d, ]+\d)", lambda found: re.sub(r"(\d+),?", r"Figure \1", found[1]), cell
    )


def command_of(words):
    """The command that these words call, and the rest of them."""
    found = get_command(app)
    while words and hasattr(found, "commands"):
        found = found.commands[words[0]]
        words = words[1:]
    return found, words


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_is_there_and_its_command_too(row):
    _, here, faithful, command = row
    names = re.findall(r"`([^`]+)`", here)
    assert names
    assert faithful
    assert [name for name in names if not is_there(name)] == []
    called, words = command_of(command.strip("`").split()[1:])
    if "--help" not in words:
        called.make_context(called.name, [*words])  # raises if the command would not take them
    if called.name in ("run", "rehearse") and words:
        assert words[0] in bundled()
    if called.name == "list" and words:
        assert is_there(words[0])
    if called.name == "pairs":
        assert make(Attacker, Spec.parse(words[0])).frozen  # others would have to learn
    if called.name == "apply":
        assert words[0] in plugins("operation")


@pytest.mark.parametrize(
    ("part", "name"), [(part, name) for part, names in NAMED.items() for name in names]
)
def test_what_the_sources_name_has_a_row(part, name):
    whole = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")  # BEGAN is not BEGAN-CS
    assert [row[0] for row in PARTS[part] if whole.search(names_in(row[0]))]
