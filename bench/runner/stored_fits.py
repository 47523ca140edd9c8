"""Finds fitted defenses in a store, to share their weights."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from bench.api import SAMPLES, Dataset, Defense, Plugin
from bench.registry import brief, make, spec_of
from bench.runner.fingerprint import code_of
from bench.runner.stage import ACTIONS
from bench.runner.store import Store
from bench.runner.weights_file import WeightsRecipe, read, save
from bench.spec import Spec, Value


class Fit(NamedTuple):
    """A fitted defense in a store."""

    key: str
    recipe: WeightsRecipe

    def __str__(self) -> str:
        data = brief(Dataset, self.recipe.data_spec)
        return f"{brief(Defense, self.recipe.spec)} --data {data} --seed {self.recipe.seed}"


def fit_of(store: Store, defense: Spec, data: Spec | None, seed: int | None) -> Fit:
    """The one fit that matches; fields that are not named may have any value.

    Fits by older code count only if there is none by the present code.

    Raises:
        ValueError: if a name, a field or a value is unknown, or none or several fits match.
    """
    plugin = make(Defense, defense)
    fields = _named(plugin, defense)
    data_fields = _named(make(Dataset, data), data) if data else {}
    found = [
        fit
        for fit in _fits(store, defense.name)
        if fields.items() <= fit.recipe.fields.items()
        and (data is None or data.name == fit.recipe.data)
        and data_fields.items() <= fit.recipe.data_fields.items()
        and seed in (None, fit.recipe.seed)
    ]
    code = code_of(ACTIONS["fit"], type(plugin))
    found = [fit for fit in found if fit.recipe.code == code] or found
    if not found:
        raise ValueError(
            f"expected a fit of {defense} in {store.root}, found none; run a grid that fits it"
        )
    if len(found) > 1:
        listed = "; ".join(sorted(map(str, found)))
        raise ValueError(
            f"expected one fit, got {len(found)} in {store.root}; name more fields: {listed}"
        )
    return found[0]


def export(store: Store, fit: Fit, path: Path) -> None:
    """Writes the weights to one file, whole or not at all, without sample pictures."""
    weights = store.get(fit.key).weights
    shared = {name: array for name, array in weights.items() if name != SAMPLES}
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, shared, fit.recipe)


def digest_of(store: Store, key: str) -> str:
    """The digest that a file of these weights has."""
    with TemporaryDirectory() as folder:
        export(store, Fit(key, _recipe(store, store.recipe(key))), path := Path(folder) / "weights")
        return read(path).digest


def _named(plugin: Plugin, spec: Spec) -> Mapping[str, Value]:
    """The fields that a spec or its preset names, of those that enter the key of a fit."""
    names = {name for name, _ in spec.fields} | set(plugin.presets.get(spec.preset, ()))
    full = dict(spec_of(plugin, without=("protect", "path")).fields)
    return {name: value for name, value in full.items() if name in names}


def _fits(store: Store, defense: str) -> Iterator[Fit]:
    """All fits of a defense, except weights from a file."""
    for key in store:
        made: Mapping[str, Any] = store.recipe(key)
        if (made["action"], made["plugin"]) == ("fit", defense) and "weights" not in made["detail"]:
            yield Fit(key, _recipe(store, made))


def _recipe(store: Store, made: Mapping[str, Any]) -> WeightsRecipe:
    """Shareable metadata of a fit, without paths or identities."""
    (part_key,) = made["inputs"]["faces"]
    part: Mapping[str, Any] = store.recipe(part_key)
    images = np.asarray(store.get(part_key).arrays["images"])
    return WeightsRecipe.model_validate(
        {
            "defense": made["plugin"],
            "fields": made["fields"],
            "data": part["plugin"],
            "data_fields": part["fields"],
            "data_key": part["inputs"]["whole"][0],
            "seed": made["detail"]["seed"],
            "shape": images.shape[1:],
            "code": made["code"],
            "libraries": made["libraries"],
            "suite": version("unmask-bench"),
        }
    )
