"""Whether the answers in a bundle were made by the plugins that its cells name.

A key is a digest of its recipe, and recipes name the keys of their inputs: so whoever exchanges the
answers of two defenses must rename everything that was made of them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from bench.api import Defense, Plugin
from bench.registry import spec_of
from bench.reports.results import Result
from bench.runner.artifacts import Artifact
from bench.runner.cell_stages import CellKeys
from bench.runner.cells import Cell
from bench.spec import Spec

Recipes = Mapping[str, Mapping[str, Any]]
Made = frozenset[tuple[str, str]]  # actions with the specs of their plugins
_IN_KEY = ("action", "plugin", "fields", "inputs", "detail", "code", "libraries")
_CONTROLS = {"permuted": {"shuffle_labels"}, "canary": {"plant_canary"}}  # actions by purpose
_CONTROLS |= {"trace": {"plant_trace", "plant_own"}}
_DEFENDS, _ATTACKS = {"protect", "encode", "reencode"}, {"attack", "answer"}


def check(cells: Sequence[Cell], keys_of: Mapping[Cell, CellKeys], recipes: Recipes) -> None:
    """Raises ValueError for a recipe of another key, or a cell whose answers are of others."""
    for key, recipe in recipes.items():
        content = json.dumps(
            {name: recipe[name] for name in _IN_KEY}, sort_keys=True, separators=(",", ":")
        )
        if hashlib.sha256(content.encode()).hexdigest() != key:
            raise ValueError(f"expected the recipe of {key[:12]}, got another")

    @cache
    def made(key: str) -> Made:
        recipe = recipes[key]
        found: Made = frozenset().union(
            *(made(each) for keys in recipe["inputs"].values() for each in keys)
        )
        spec = Spec(recipe["plugin"], "", tuple(sorted(recipe["fields"].items())))
        return found | {(recipe["action"], str(spec))}

    for cell, keys in keys_of.items():
        if wrong := _wrong(cell, keys, recipes, made):
            about = f"{cell.target} of {cell.defense.name} by {cell.attacker.name}"
            raise ValueError(f"expected answers about {about}, {cell.threat_spec}, got {wrong}")


def _wrong(cell: Cell, keys: CellKeys, recipes: Recipes, made: Callable[[str], Made]) -> str:
    """What is not as a cell says; empty if all is."""
    answer, attack, measure = (recipes[k] for k in (keys.answer, keys.attack, keys.measure))
    defense, steps = (_text(cell.defense),), made(keys.answer)
    known: dict[str, tuple[str, ...]] = dict.fromkeys(_DEFENDS, defense)
    known |= {action: (_text(cell.attacker),) for action in _ATTACKS}
    known["load"] = tuple(_text(data) for data in (cell.data, *cell.learned_from.values()))
    if other := next((text for act, text in steps if text not in known.get(act, (text,))), ""):
        return f"those of {other:.80}"
    actions, learned = ({act for act, _ in some} for some in (steps, made(keys.attack)))
    changes = not cell.defense.changes_nothing
    learns = changes and cell.threat.learns_from != "raw"
    plants = changes or cell.purpose != "trace"  # a trace in no release changes nothing
    planted = {act for some in _CONTROLS.values() for act in some} & actions
    checks = {
        "another target or seed": (answer["detail"]["target"], answer["detail"]["seed"])
        == (cell.target, cell.seed),
        "another share of the training pictures": attack["detail"]["share"] == str(cell.share),
        "answers of another attack": answer["inputs"]["attack"] == [keys.attack],
        "no release": not changes or bool(actions & _DEFENDS),
        "another threat": bool(learned & _DEFENDS) == learns or cell.defense.changes_nothing,
        "another control": planted <= _CONTROLS.get(cell.purpose, set())
        and bool(planted) == (cell.purpose in _CONTROLS and plants),
        "other cleaning": ("clean" in actions) == cell.threat.clean,
        "another release": (measure["action"], measure["detail"]["seed"]) == ("measure", cell.seed)
        and ("measure", defense[0]) in made(keys.measure),
        "no second release": bool(keys.again) == (changes and not cell.handed_over),
    }
    return next((what for what, holds in checks.items() if not holds), "")


def check_truth(
    results: Iterable[Result], keys_of: Mapping[Cell, CellKeys], get: Callable[[str], Artifact]
) -> None:
    """Raises ValueError if answers name other people or labels than the pictures have."""
    for result in results:
        if result.probe is None or result.cell.purpose in _CONTROLS:
            continue
        part, target = get(keys_of[result.cell].part).arrays, result.cell.target
        known = np.asarray(part["image_id"])
        order = np.argsort(known)
        at = order[np.searchsorted(known[order], result.probe.image_id)]
        is_same = np.array_equal(result.person, np.asarray(part["label.identity"])[at])
        truth = getattr(result.probe, "truth", None)
        if truth is not None and is_same:
            is_same = bool(np.array_equal(truth, np.asarray(part[f"label.{target}"])[at]))
        if not (is_same and np.array_equal(known[at], result.probe.image_id)):
            raise ValueError(f"expected the {target} of its pictures in {result.key[:12]}")


def _text(plugin: Plugin) -> str:
    """The spec as recipes have it: of a defense without the weights, which are a detail."""
    spec, left_out = spec_of(plugin), ("weights",) if isinstance(plugin, Defense) else ()
    fields = tuple((name, value) for name, value in spec.fields if name not in left_out)
    return str(Spec(spec.name, "", fields))
