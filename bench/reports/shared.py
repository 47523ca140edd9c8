"""What `bench weights` prints."""

import hashlib
from pathlib import Path

from rich.console import Console

from bench.api import Dataset, Defense, Learned
from bench.registry import brief, make, plugins
from bench.runner.fingerprint import code_of
from bench.runner.plan import modules_of
from bench.runner.sharing import Recipe, read, using

_STATE_DICTS = {".pt", ".pth", ".pkl"}  # as torch saves them


def print_exported(recipe: Recipe, path: Path) -> None:
    """What was written, and a word where the people in it are real."""
    _say(f"{path}: {_told(recipe)}")
    data = plugins("dataset").get(recipe.data)
    if not (data and issubclass(data, Dataset) and data.shareable):
        _say("It learned from real people and may carry them: whom you give it to is up to you.")


def print_shared(path: Path) -> None:
    """What a file holds, and how a grid names it.

    Raises:
        ValueError: if it is damaged, or its defense is unknown here.
    """
    if path.suffix in _STATE_DICTS and path.is_file():
        return _print_published(path)
    shared = read(path)
    defense = make(Defense, shared.recipe.spec)
    _say(f"{path}: {_told(shared.recipe)}")
    _say(f"  SHA-256 of recipe and weights: {shared.digest}")
    if code_of(*modules_of("fit", type(defense))) != shared.recipe.code:
        _say(f"  fitted by other code than your {defense.name} (unmask {shared.recipe.suite})")
    _say(f'  in a grid: defenses = ["{using(shared.recipe, str(path))}"]')


def _print_published(path: Path) -> None:
    """Which defenses take a network that others have published.

    Raises:
        ValueError: if none does; each says what it wanted.
    """
    from bench.nn.weights import FOLDER, state_dict  # here: torch is slow to import

    state = state_dict(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fields, refused = {}, []
    for plugin in plugins("defense").values():
        try:
            field = plugin.published_as(state) if issubclass(plugin, Learned) else ""
        except ValueError as error:
            refused.append(f"{plugin.name}: {error}")
            continue
        if field:
            fields[plugin.name] = field
    if not fields:
        raise ValueError(f"no defense takes the network in {path}; " + "; ".join(refused))
    _say(f"{path}: a published network of {' and '.join(fields)}, SHA-256 {digest}")
    _say(f"  put it as {path.stem}.pt into the folder that {FOLDER} names; in a grid:")
    for name, field in fields.items():
        _say(f'  defenses = ["{name}:{field}={path.stem},sha256={digest}"]')


def _told(recipe: Recipe) -> str:
    data = brief(Dataset, recipe.data_spec)
    pixels = " x ".join(map(str, recipe.shape))
    return f"{brief(Defense, recipe.spec)}, fitted to {data} ({pixels} px), seed {recipe.seed}"


def _say(line: str) -> None:
    Console().print(line, highlight=False, markup=False, soft_wrap=True)
