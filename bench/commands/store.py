"""`bench store`: what the store holds, whether it is sound, and how to make it smaller."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.runner.store import Store

store_app = typer.Typer(help="Look at the store, check it, make it smaller.", no_args_is_help=True)
Older = Annotated[str, typer.Option(help="Only what was last used so long ago, as in 30d or 12h.")]
Keep = Annotated[opt.Names, typer.Option(help="Keep what this grid needs.")]
_HOURS = {"h": 1, "d": 24, "w": 168}


@store_app.command("list")
def list_entries(store: opt.StorePath = None, plugin: opt.Plugins = None) -> None:
    """Print each entry: key, size, last use, and what made it."""
    with opt.user_errors(plugin):
        for own, key in _entries(opt.store_at(store)):
            megabytes, day = own.size(key) / 1e6, time.strftime("%F", time.gmtime(own.used(key)))
            recipe = own.recipe(key)
            fields = ",".join(f"{name}={value}" for name, value in recipe["fields"].items())
            about = f"{recipe['action']} {recipe['plugin']}{fields and ':'}{fields}"
            print(f"{key[:12]}  {megabytes:10.2f} MB  {day}  {about}")


@store_app.command()
def size(store: opt.StorePath = None) -> None:
    """Print how much the store takes, by action."""
    with opt.user_errors():
        place, bytes_of, n = opt.store_at(store), Counter[str](), Counter[str]()
        for own, key in _entries(place):
            action = str(own.recipe(key)["action"])
            bytes_of[action] += own.size(key)
            n[action] += 1
        for action, total in bytes_of.most_common():
            print(f"{action:14} {n[action]:6} entries {total / 1e6:12.1f} MB")
        print(f"{place.root}: {n.total()} entries, {bytes_of.total() / 1e6:.1f} MB")


@store_app.command()
def verify(store: opt.StorePath = None) -> None:
    """Check every file of the store; name what is damaged, and set it aside.

    Exit code 1 if something was damaged. The next run makes it again.
    """
    from bench.runner.store import DamagedError

    with opt.user_errors():
        place = opt.store_at(store)
        n, n_damaged = 0, 0
        for own, key in _entries(place):
            n += 1
            try:
                own.check(key)
            except DamagedError as error:
                n_damaged += 1
                print(f"{error.what}; moved to {own.set_aside(key)}")
        print(f"{place.root}: {n} entries, {n_damaged} damaged")
    raise typer.Exit(1 if n_damaged else 0)


@store_app.command()
def gc(
    older_than: Older = "30d",
    keep: Keep = None,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Delete entries, figures and checkpoints that were not used lately, and what is damaged."""
    with opt.user_errors(plugin):
        place, before = opt.store_at(store), time.time() - 3600 * _hours(older_than)
        kept = {key for name in keep or () for key in _needed(name, place)}
        n, freed = 0, 0
        for own, key in list(_entries(place)):
            if own.used(key) < before and key not in kept:
                freed += own.size(key)
                n += 1
                own.delete(key)
        freed += place.tidy(before) + place.shuffled.tidy(before)
        print(f"{place.root}: deleted {n} entries, {freed / 1e6:.1f} MB in all")


def _entries(place: "Store") -> Iterator[tuple["Store", str]]:
    """Every entry, with the store that it lies in."""
    for own in (place, place.shuffled):
        yield from ((own, key) for key in sorted(own))


def _needed(grid: str, place: "Store") -> Iterator[str]:
    """The keys of the stages of a grid, with the planted traces that its results call for."""
    from bench.rounds import run_rounds
    from bench.runner.cells import cells

    done = run_rounds(list(cells(opt.grid_of(grid, None))), place, lambda *_: ())  # runs nothing
    return (stage.key for stage in done.plan.stages)


def _hours(text: str) -> float:
    """The hours of a text such as 30d.

    Raises:
        ValueError: if it is another text.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _HOURS:
        raise ValueError(f"expected --older-than such as 30d, 12h or 4w, got {text!r}")
    return float(number) * _HOURS[unit]
