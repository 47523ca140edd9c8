"""The weights of a defense as one file to share.

A safetensors file; its header carries the recipe as JSON, and a digest of recipe and arrays.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from bench.api import Defense, Learned, Weights
from bench.faces import Array, Faces
from bench.registry import brief, make, spec_of
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec, Value

_SET = 64  # pictures of a set in the check of a file


class WeightsRecipe(BaseModel):
    """The recipe of weights.

    Attributes:
        defense, fields: the defense; fields of protection are left to the user.
        data, data_fields, data_key: the training data (the key is of the stage that loads them),
            without paths.
        shape: of a picture, (3, H, W).
        code: fingerprint of the code that fitted it.
        libraries: minor versions.
        suite: version of this suite that wrote the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = 1
    defense: str
    fields: Mapping[str, Value]
    data: str
    data_fields: Mapping[str, Value]
    data_key: str
    seed: int
    shape: tuple[int, int, int]
    code: str
    libraries: Mapping[str, str]
    suite: str

    @property
    def spec(self) -> Spec:
        """The defense, with all fields that matter to its fit."""
        return Spec(self.defense, "", tuple(sorted(self.fields.items())))

    @property
    def data_spec(self) -> Spec:
        """The data set."""
        return Spec(self.data, "", tuple(sorted(self.data_fields.items())))


class WeightsFile(NamedTuple):
    """The content of a file; `digest` is the SHA-256 of recipe and weights."""

    recipe: WeightsRecipe
    weights: Weights
    digest: str


def save(path: Path, weights: Weights, recipe: WeightsRecipe) -> None:
    """Writes the file, so that it is whole or as it was before."""
    text = json.dumps(recipe.model_dump(mode="json"), sort_keys=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    draft = path.with_name(f".{path.name}.draft")
    try:
        save_file(arrays, draft, {"recipe": text, "digest": _digest(text, arrays)})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> WeightsFile:
    """The content of a file, checked against its digest.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is not a file of weights, is truncated or was changed.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"expected a file of weights at {path}, found none; those of bundled grids are in "
            "leaderboards/ of a checkout, not in the package"
        )
    with path.open("rb") as opened:
        if opened.read(64).lstrip()[:1] == b"<":
            raise ValueError(f"expected weights in {path}, got a web page; download it again")
    try:
        with safe_open(path, framework="numpy") as opened:
            header = opened.metadata() or {}
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # not a mapping
    except SafetensorError as error:
        raise ValueError(
            f"{path} is truncated, or not safetensors ({error}); get it again"
        ) from error
    if not {"recipe", "digest"} <= set(header):
        raise ValueError(f"expected a file of `bench weights export`, got {path} without a recipe")
    digest = _digest(header["recipe"], weights)
    if digest != header["digest"]:
        raise ValueError(f"{path} changed since it was exported; get it again")
    if broken := [name for name, array in weights.items() if not np.isfinite(array).all()]:
        raise ValueError(f"expected finite weights in {path}, got NaN or infinity in {broken}")
    try:
        return WeightsFile(WeightsRecipe.model_validate_json(header["recipe"]), weights, digest)
    except ValidationError as error:
        raise ValueError(
            f"expected a recipe of this version, got {error.error_count()} other fields in {path}; "
            "update, or export it again"
        ) from error


def check_protects(file: WeightsFile) -> None:
    """Protects a grey picture with the weights, or a set of them.

    Raises:
        ValueError: if that fails, as where arrays are missing or have other shapes.
    """
    defense = make(Defense, file.recipe.spec)
    n = _SET if defense.works_on == "set" else 1
    labels: dict[str, Array] = {k: np.zeros(n, np.int64) for k in defense.reads_to_protect}
    if "landmarks" in labels:
        labels["landmarks"] = np.full((n, 1, 2), np.nan, np.float32)
    grey = np.full((n, *file.recipe.shape), 128, np.uint8)
    faces = Faces(grey, labels, np.arange(n))
    context = Worker().protecting(RowGenerators(faces.image_id, 0, defense.name, 0))
    try:
        defense.protect(faces, file.weights, context)
    except Exception as error:  # whatever a plugin raises
        reason = " ".join(str(error).split())
        raise ValueError(
            f"expected weights with which {defense.name} protects pictures {file.recipe.shape}, "
            f"got {type(error).__name__}: {reason}; export them again"
        ) from error


def weights_for(defense: Learned) -> WeightsFile:
    """The content of the file that a defense names.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is damaged, or of another defense or other fields.
    """
    shared = read(_path_of(defense.weights))
    asked, held = spec_of(defense, without=("protect", "path")), shared.recipe.spec
    if held.name != asked.name:
        raise ValueError(f"expected weights of {asked.name} in {defense.weights}, got {held.name}")
    made = spec_of(make(Defense, held), without=("protect", "path"))  # newer fields: defaults
    if made != asked:
        raise ValueError(
            f"expected weights of {brief(Defense, asked)} in {defense.weights}, got "
            f"{brief(Defense, made)}; write {spec_using(shared.recipe, defense.weights)}"
        )
    return shared


def _path_of(named: str) -> Path:
    """The file; a name without a folder may be that of a file beside the bundled grids."""
    path, bundled = Path(os.path.expanduser(named)), Path(str(files("leaderboards"))) / named
    return bundled if path.name == named and not path.exists() and bundled.is_file() else path


def spec_using(recipe: WeightsRecipe, path: str) -> Spec:
    """The spec by which a grid names the file."""
    named = brief(Defense, recipe.spec)
    return Spec(named.name, named.preset, (*named.fields, ("weights", path)))


def _digest(recipe: str, weights: Weights) -> str:
    digest = hashlib.sha256(recipe.encode())
    for name, array in sorted(weights.items()):
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
