"""`bench weights`: shares what a defense learned, and checks what others share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec

if TYPE_CHECKING:
    from bench.runner.weights_file import WeightsRecipe

weights_app = typer.Typer(help="Share the weights of a defense.", no_args_is_help=True)
_STATE_DICTS = {".pt", ".pth", ".pkl"}  # as torch saves them


@weights_app.command("export")
def export_weights(
    defense: Annotated[
        str, typer.Argument(help="Its spec in the grid, with the fields that identify the fit.")
    ],
    out: Annotated[Path, typer.Argument(help="The file to write, OUT.safetensors.")],
    data: Annotated[str | None, typer.Option(help="The data set that it was fitted to.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed that it was fitted with.")] = None,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Write the weights of a defense that a run has fitted to one file, with the recipe.

    The file may reveal more of the people in the data than the releases do.
    """
    with opt.user_errors(plugin):
        from bench.api import Dataset
        from bench.registry import plugins
        from bench.runner.stored_fits import export, fit_of

        known = opt.store_at(store)
        fit = fit_of(known, Spec.parse(defense), Spec.parse(data) if data else None, seed)
        export(known, fit, out)
        print(f"{out}: {_text(fit.recipe)}")
        found = plugins("dataset").get(fit.recipe.data)
        if not (found and issubclass(found, Dataset) and found.shareable):
            print("It learned from real people and may reveal them: share it with care.")


@weights_app.command("import")
def import_weights(
    files: Annotated[
        list[Path], typer.Argument(help="Files of `bench weights export`, or published networks.")
    ],
    plugin: opt.Plugins = None,
) -> None:
    """Check files of weights; print what they hold and how a grid names them.

    A published state dict (.pt, .pth, .pkl) is offered to all plugins that take one, such as `san`
    the network of its authors.
    """
    with opt.user_errors(plugin):
        for path in files:
            if path.suffix in _STATE_DICTS and path.is_file():
                _print_published(path)
            else:
                _print_exported(path)


def _print_exported(path: Path) -> None:
    """Prints what a file of `bench weights export` holds, and its spec in a grid."""
    from bench.api import Defense
    from bench.registry import make
    from bench.runner.fingerprint import code_of
    from bench.runner.stage import ACTIONS
    from bench.runner.weights_file import check_protects, read, spec_using

    file = read(path)
    check_protects(file)
    defense = make(Defense, file.recipe.spec)
    print(f"{path}: {_text(file.recipe)}")
    print(f"  SHA-256 of recipe and weights: {file.digest}")
    if code_of(ACTIONS["fit"], type(defense)) != file.recipe.code:
        print(f"  fitted by other code than your {defense.name} (unmask {file.recipe.suite})")
    print(f'  in a grid: defenses = ["{spec_using(file.recipe, str(path))}"]')


def _print_published(path: Path) -> None:
    """Prints the plugins that take a published network, and their specs in a grid."""
    import hashlib

    from bench.nn.weights import FOLDER, state_dict
    from bench.registry import plugins

    state = state_dict(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    taken, refused = [], []
    for kind in ("defense", "attacker"):
        for plugin in plugins(kind).values():
            try:
                fields = getattr(plugin, "published_as", lambda _: "")(state)
            except ValueError as error:
                refused.append(f"{plugin.name}: {error}")
                continue
            if fields:
                spec = f"{plugin.name}:{fields.format(name=path.stem, sha256=digest)}"
                taken.append((plugin.name, f'{kind}s = ["{spec}"]'))
    if not taken:
        raise ValueError(f"no plugin takes the network in {path}; " + "; ".join(refused))
    names = " and ".join(name for name, _ in taken)
    print(f"{path}: a published network of {names}, SHA-256 {digest}")
    print(f"  put it as {path.stem}.pt into the folder that {FOLDER} names; in a grid:")
    for _, line in taken:
        print(f"  {line}")


def _text(recipe: "WeightsRecipe") -> str:
    from bench.api import Dataset, Defense
    from bench.registry import brief

    data = brief(Dataset, recipe.data_spec)
    pixels = " x ".join(map(str, recipe.shape))
    return f"{brief(Defense, recipe.spec)}, fitted to {data} ({pixels} px), seed {recipe.seed}"
