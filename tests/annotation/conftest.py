import csv

import numpy as np
import pytest

from bench.annotation.reading import Label


@pytest.fixture
def table():
    """Labels by hand: `{version: {image: "yyn"}}`, a letter per labeler, `-` for none."""

    def make(versions, question="joy"):
        words = {"y": "yes", "n": "no"}
        return [
            Label(f"anna{j}", question, image, version, words[letter])
            for version, images in versions.items()
            for image, letters in images.items()
            for j, letter in enumerate(letters)
            if letter != "-"
        ]

    return make


@pytest.fixture(scope="session")
def paper_sized():
    """Labels of 60 labelers for 60 images, 3 versions and 2 questions, and a key for them."""
    rng, labels, key = np.random.default_rng(0), [], {}
    for question in ("joy", "anger"):
        evidence, bias = np.linspace(-2.9, 2.9, 60), rng.normal(0, 0.5, 60)
        for version, spoiled in (("raw", 0.0), ("gan", 0.8), ("e3d", 1.0)):
            shown = evidence + spoiled * rng.normal(0, 1, 60)
            sure = 1 / (1 + np.exp(-(shown[:, None] + bias)))  # (images, labelers)
            sure[:, :3] = 0.5  # three labelers answer at random
            labelled = rng.random((60, 60)) < sure
            for i in range(60):
                name = f"{question}{i}"
                facts = {"evidence": f"{evidence[i]:.3g}", "light": f"{i / 60:.2f}", "pose": ""}
                key[f"{name}{version}"] = {"question": question, "image": name, **facts}
                labels += [
                    Label(
                        f"simulated-{j}", question, name, version, "yes" if labelled[i, j] else "no"
                    )
                    for j in range(60)
                ]
    return labels, key


@pytest.fixture
def write_csv(tmp_path):
    def write(name, columns, rows):
        path = tmp_path / name
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    return write
