"""What a defense learned, as one file that can be given to somebody.

A safetensors file; its header carries the recipe as JSON, and a digest of recipe and arrays.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from bench.api import Defense, Learned, Weights
from bench.registry import brief, make, spec_of
from bench.spec import Spec, Value


class Recipe(BaseModel):
    """What made the weights.

    Attributes:
        defense, fields: what was fitted; fields of protection are left to who uses it.
        data, data_fields, data_key: to which pictures (the key is that of the stage that loads
            them), without the places where they lay.
        shape: of a picture, (3, H, W).
        code: fingerprint of the code that fitted it.
        libraries: major versions.
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


@dataclass(frozen=True, eq=False)
class Shared:
    """What a file holds; `digest` is the SHA-256 of recipe and weights."""

    recipe: Recipe
    weights: Weights
    digest: str


def save(path: Path, weights: Weights, recipe: Recipe) -> None:
    """Writes the file, so that it is whole or as it was before."""
    text = json.dumps(recipe.model_dump(mode="json"), sort_keys=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    draft = path.with_name(f".{path.name}.draft")
    try:
        save_file(arrays, draft, {"recipe": text, "digest": _digest(text, arrays)})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> Shared:
    """What a file holds, checked against its digest.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is something else, is cut off or was changed.
    """
    if not path.is_file():
        raise FileNotFoundError(f"weights are wanted in the file {path}, found none")
    with path.open("rb") as opened:
        if opened.read(64).lstrip()[:1] == b"<":
            raise ValueError(f"{path} is a web page, saved instead of the weights; get it again")
    try:
        with safe_open(path, framework="numpy") as opened:
            header = opened.metadata() or {}
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # it is no mapping
    except SafetensorError as error:
        raise ValueError(f"{path} is cut off, or no safetensors ({error}); get it again") from error
    if not {"recipe", "digest"} <= set(header):
        raise ValueError(f"{path} is not of `bench weights export`: it has no recipe")
    digest = _digest(header["recipe"], weights)
    if digest != header["digest"]:
        raise ValueError(f"{path} was changed since it was exported; get it again")
    try:
        return Shared(Recipe.model_validate_json(header["recipe"]), weights, digest)
    except ValidationError as error:
        raise ValueError(
            f"{path} has a recipe of another version of the suite ({error.error_count()} fields "
            "differ); update, or have it exported again"
        ) from error


def wanted(defense: Learned) -> Shared:
    """What is in the file that a defense names.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is damaged, or is of another defense or of one with other fields.
    """
    shared = read(Path(defense.weights).expanduser())
    asked, held = spec_of(defense, without=("protect", "place")), shared.recipe.spec
    if held.name != asked.name:
        raise ValueError(f"{defense.weights} holds weights of {held.name}, wanted {asked.name}")
    made = spec_of(make(Defense, held), without=("protect", "place"))  # newer fields: defaults
    if made != asked:
        raise ValueError(
            f"{defense.weights} was fitted as {brief(Defense, made)}, wanted "
            f"{brief(Defense, asked)}; write {using(shared.recipe, defense.weights)}"
        )
    return shared


def using(recipe: Recipe, path: str) -> Spec:
    """The spec by which a grid names the file."""
    named = brief(Defense, recipe.spec)
    return Spec(named.name, "", (*named.fields, ("weights", path)))


def _digest(recipe: str, weights: Weights) -> str:
    digest = hashlib.sha256(recipe.encode())
    for name, array in sorted(weights.items()):
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
