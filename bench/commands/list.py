"""`bench list`: the plugins, threats and grids that are known."""

import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from bench.commands import options as opt
from bench.names import hint

if TYPE_CHECKING:
    from bench.api import Plugin

_STATED = ("Differs from it", "Licence", "Access")  # besides the source
_STEPS = {"protect": " (used only in protect)", "path": " (a path)"}


def list_plugins(
    name: Annotated[
        str, typer.Argument(help="A plugin or a kind (defense, ...), to see sources and fields.")
    ] = "",
    plugin: opt.Plugins = None,
) -> None:
    """List plugins, threats and grids by name; of NAME, sources and fields."""
    with opt.user_errors(plugin):
        for line in _details(name) if name else _overview():
            print(line)


class _Entry(NamedTuple):
    kind: str
    name: str
    note: str
    lines: list[str]  # the first says what it is


def _entries() -> Iterator[_Entry]:
    from bench.attacks import ATTACKS
    from bench.registry import KINDS, controls, plugins

    for name, attack in ATTACKS.items():
        threats = ", ".join(map(str, attack.threats))
        lines = [f"target: {attack.target}", f"attacker: {attack.attacker}", f"threats: {threats}"]
        yield _Entry("attack", name, "", [attack.about, *lines])
    for kind in KINDS:
        for name, plugin in plugins(kind).items():
            control = " (control: in every task)" if name in controls() else ""
            yield _Entry(kind, name, control + _from(plugin), described(plugin))


def _overview() -> Iterator[str]:
    from bench.registry import broken, plugins
    from bench.runner.grid import bundled
    from bench.threats import FIELDS, THREATS

    for kind, entries in groupby(_entries(), key=lambda entry: entry.kind):
        yield f"{kind}s:"
        yield from (f"  {entry.name:17} {entry.lines[0]}{entry.note}" for entry in entries)
    if absent := [name for name, plugin in plugins("dataset").items() if _lacks_files(plugin)]:
        yield f"data not found: {', '.join(absent)} (`bench list NAME` says how to get them)"
    yield f"threats: {', '.join(THREATS)} (fields: {', '.join(FIELDS)})"
    yield f"grids: {', '.join(bundled())} (`bench grid NAME` prints one)"
    yield "`bench list NAME` and `bench list KIND` print sources and fields"
    yield from (f"broken: {name}: {reason}" for name, reason in broken().items())


def _lacks_files(plugin: "type[Plugin]") -> bool:
    """Whether a data set of a named folder does not find it."""
    from bench.data.photographs import Photographs

    try:
        return issubclass(plugin, Photographs) and not getattr(plugin(), "folder", True)
    except FileNotFoundError:
        return True


def _details(name: str) -> Iterator[str]:
    """What has this name, or is of this kind.

    Raises:
        ValueError: if there is nothing.
    """
    entries = list(_entries())
    chosen = [e for e in entries if name == e.name or name.removesuffix("s") == e.kind]
    if not chosen:
        known = {word for entry in entries for word in (entry.kind, entry.name)}
        raise ValueError(f"expected a plugin or a kind, got {name!r}; {hint(name, known)}")
    for entry in chosen:
        yield f"{entry.kind} {entry.name}{entry.note}"
        yield from (f"  {line}" for line in entry.lines)


def _from(plugin: "type[Plugin]") -> str:
    """Where a plugin comes from that is not ours."""
    from bench.registry import BUILT_IN

    module = plugin.__module__
    if module.startswith(tuple(f"{package}." for package in BUILT_IN)):
        return ""
    file = getattr(sys.modules.get(module), "__file__", "") or ""
    return f" (from {file if module.startswith('bench_plugin_') else module.partition('.')[0]})"


def described(plugin: "type[Plugin]") -> list[str]:
    """A plugin's first line, source, what differs from it, fields and presets, a line each."""
    from bench.plugin import bounds_of
    from bench.registry import fields_of, stated

    first, *paragraphs = (" ".join(p.split()) for p in (plugin.__doc__ or "").split("\n\n"))
    lines = [first, f"Source: {stated(plugin, 'Source') or '?'}"]
    lines += [text for text in paragraphs if text.startswith("Reads `")]  # a data set's layout
    said = ((word, stated(plugin, word)) for word in _STATED)
    lines += [f"{word}: {text}" for word, text in said if text]
    for item in fields_of(plugin):
        step = _STEPS.get(item.metadata.get("at", ""), "")
        default = "''" if item.default == "" else str(item.default)
        bounds = f"; in {found}" if (found := bounds_of(item)) else ""
        lines.append(f"{item.name}={default}: {item.metadata.get('about', '?')}{bounds}{step}")
    return lines + [f"@{preset}" for preset in plugin.presets]
