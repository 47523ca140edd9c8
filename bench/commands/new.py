"""`bench new`: writes a package with a plugin to start from."""

import keyword
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

import bench
from bench.commands import options as opt

Kind = Literal["defense", "attacker", "dataset"]
_RUN: Mapping[Kind, str] = {
    "defense": "bench run --defense",
    "attacker": "bench run --attacker",
    "dataset": "bench run photos --data",
}


def new(
    kind: Annotated[Kind, typer.Argument(help="What the plugin is.")],
    name: Annotated[str, typer.Argument(help="Of the plugin, its module and its folder.")],
    learned: Annotated[
        bool, typer.Option("--learned", help="A defense that trains a network.")
    ] = False,
    latent: Annotated[
        bool, typer.Option("--latent", help="A defense with a code that can be given out.")
    ] = False,
) -> None:
    """Write a package with a working plugin, its test and a README; change it to yours."""
    with opt.user_errors():
        from bench.reports.files import new_folder

        if kind != "defense" and (learned or latent):
            raise ValueError(f"expected --learned and --latent for a defense, got {kind}")
        check_name(name)
        with new_folder(Path(name)) as draft:
            for file, text in package(kind, name, learned=learned, latent=latent).items():
                (draft / file).write_text(text, "utf-8")
        print(*steps(kind, name), sep="\n")


def package(kind: Kind, name: str, *, learned: bool, latent: bool) -> Mapping[str, str]:
    """The files of a package, name to text."""
    import jinja2

    plugin = "learned.py" if learned else f"{kind}.py"
    places = {f"{name}.py": plugin, f"test_{name}.py": "test.py"}
    places |= {same: same for same in ("pyproject.toml", "README.md")}
    known = {"kind": kind, "name": name, "class_name": _class_name(name), "latent": latent}
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    folder = files("bench") / "templates"
    return {
        file: environment.from_string((folder / f"{source}.jinja").read_text("utf-8")).render(
            known, steps=steps(kind, name)
        )
        for file, source in places.items()
    }


def steps(kind: Kind, name: str) -> list[str]:
    """The commands that check, install and run a package, with what they do."""
    commands = {
        f"bench check {name} --plugin {name}/{name}.py": "check it",
        f"python -m pip install ./{name}": "install it",
        f"{_RUN[kind]} {name}": "run it",
    }
    width = max(map(len, commands))
    return [f"{command:{width}}  # {what}" for command, what in commands.items()]


def check_name(name: str) -> None:
    """Raises ValueError if a plugin cannot have this name, or it would hide another module."""
    from bench.registry import KINDS, broken, plugins

    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(
            f"expected a name of small letters, digits and _, got {name!r}; choose another"
        )
    taken = [f"the {kind} {name}" for kind in KINDS if name in plugins(kind)]
    if name in broken():
        taken.append(f"the plugin {name}, which cannot be imported")
    if _class_name(name) in bench.__all__:
        taken.append(f"bench.{_class_name(name)}")
    if not Path(name).exists() and (name in sys.stdlib_module_names or find_spec(name)):
        taken.append(f"the module {name}")
    if taken:
        raise ValueError(f"expected a new name, got that of {taken[0]}; choose another")


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
