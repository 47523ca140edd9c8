"""Finds plugins by name and makes them from specs.

Built-in plugins are the modules of `defenses`, `attackers` and `bench.data`; others come from the
entry points `bench.plugins` of installed packages, or from a file (`--plugin`). One that cannot be
imported is listed with its reason; all others still work.
"""

import dataclasses
import hashlib
import importlib
import importlib.util
import pkgutil
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from bench.api import Attacker, Dataset, Defense, Learned, Plugin
from bench.names import hint
from bench.operation import Operation
from bench.plugin import types_of
from bench.spec import Spec, Value, coerced, text_of

P = TypeVar("P", bound=Plugin)

KINDS: Mapping[str, type[Plugin]] = {
    "defense": Defense,
    "attacker": Attacker,
    "dataset": Dataset,
    "operation": Operation,
}
_READ_FILES = ("dataset", "operation")  # kinds whose plugins may have fields that name files,
#   besides defenses that take files
IMPORT_S = 60  # that the import of a plugin may take
BUILT_IN = ("defenses", "attackers", "bench.data")
_STATED = r"^\s*{}: (.*?)(?=\n\s*\n|\n\s*[A-Z][a-z ]+: |\Z)"  # up to the next such word
_classes: dict[str, dict[str, type[Plugin]]] = {kind: {} for kind in KINDS}
_controls: set[str] = set()
_broken: dict[str, str] = {}


def register(name: str, *, control: bool = False) -> Callable[[type[P]], type[P]]:
    """A class decorator that gives a plugin its name; its base class says what it is.

    Args:
        name: how specs call it.
        control: a defense that is added to every task.

    Raises:
        ValueError: if the name is another plugin's.
    """

    def decorate(plugin: type[P]) -> type[P]:
        kind = _kind_of(plugin)
        _check(kind, name, plugin)
        known = _classes[kind].get(name, plugin)
        if (known.__module__, known.__qualname__) != (plugin.__module__, plugin.__qualname__):
            raise ValueError(
                f"{kind} {name!r} is defined in {known.__module__}; choose another name"
            )
        plugin.name = name
        _classes[kind][name] = plugin
        if control:
            _controls.add(name)
        return plugin

    return decorate


def _kind_of(plugin: type[Plugin]) -> str:
    return next(kind for kind, base in KINDS.items() if issubclass(plugin, base))


def _check(kind: str, name: str, plugin: type[Plugin]) -> None:
    inherited = {item.name for item in fields_of(Learned)} if kind == "defense" else set()
    paths = {item.name for item in fields_of(plugin) if _at(item) == "path"}
    may = kind in _READ_FILES or (issubclass(plugin, Defense) and plugin.takes == "files")
    if not may and paths - inherited:
        raise ValueError(f"{kind} {name!r}: only {_READ_FILES} may have `path` fields, got {paths}")
    learns = issubclass(plugin, Defense) and plugin.fit is not Defense.fit
    if learns and not issubclass(plugin, Learned):
        raise ValueError(f"expected defense {name!r} with a fit to derive from bench.api.Learned")


def load_file(path: Path) -> None:
    """Registers the plugins of a user's file.

    Raises:
        ImportError: if there is none, or it cannot be imported; the reason is chained.
    """
    # The folder enters the name: two files called alike are two modules.
    folder = hashlib.sha256(str(path.resolve().parent).encode()).hexdigest()[:8]
    name = f"bench_plugin_{path.stem}_{folder}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ImportError(f"expected a Python file (NAME.py) for --plugin, found none at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _time_limit():
            spec.loader.exec_module(module)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        del sys.modules[name]
        raise ImportError(f"plugin {path} cannot be imported: {error!r}; fix it") from error


def plugins(kind: str) -> Mapping[str, type[Plugin]]:
    """All plugins of a kind (a key of KINDS), by name."""
    _discover()
    return dict(sorted(_classes[kind].items()))


def broken() -> Mapping[str, str]:
    """Plugins that cannot be imported, with the reason."""
    _discover()
    return dict(_broken)


def controls() -> tuple[str, ...]:
    """Names of the defenses that every task runs, `none` first."""
    _discover()
    return tuple(sorted(_controls, key=lambda name: (name != "none", name)))


def make(base: type[P], spec: Spec) -> P:
    """The plugin that a spec names, with the spec's fields over the preset's over the defaults.

    Raises:
        ValueError: if the plugin, the preset, a field or a value is unknown or refused.
    """
    kind = _kind_of(base)
    plugin = _found(kind, spec.name)
    if plugin is None:
        raise ValueError(_unknown(kind, spec.name))
    if spec.preset and spec.preset not in plugin.presets:
        raise ValueError(
            f"expected a preset of {spec.name}, got {spec.preset!r}; "
            f"{hint(spec.preset, plugin.presets)}"
        )
    given = dict(plugin.presets.get(spec.preset, {})) | dict(current(kind, spec).fields)
    types = types_of(plugin)
    if strange := sorted(set(given) - set(types)):
        raise ValueError(
            f"expected a field of {kind} {spec.name}, got {strange[0]!r}; {hint(strange[0], types)}"
        )
    try:
        fields = {name: coerced(name, value, types[name]) for name, value in given.items()}
        made = plugin(**fields)
    except ValueError as error:
        raise ValueError(f"{kind} `{spec}`: {error}") from error
    if not isinstance(made, base):
        raise TypeError(f"expected {kind} {spec.name}, got a {type(made).__name__}")
    return made


def spec_of(plugin: Plugin, *, without: tuple[str, ...] = ()) -> Spec:
    """The plugin's spec with all fields written out, except those of the steps in `without`.

    Fields that name no file are left out.
    """
    fields: dict[str, Value] = {
        item.name: getattr(plugin, item.name)
        for item in fields_of(plugin)
        if _at(item) not in without and (_at(item) != "path" or getattr(plugin, item.name) != "")
    }
    return Spec(plugin.name, "", tuple(sorted(fields.items())))


def fields_of(plugin: Plugin | type[Plugin]) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a plugin, which is a dataclass."""
    return dataclasses.fields(plugin)  # type: ignore[arg-type]


def stated(about: object, word: str) -> str:
    """What a docstring states after a word such as `Source:`; empty if nothing."""
    found = re.search(_STATED.format(word), about.__doc__ or "", re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def current(kind: str, spec: Spec) -> Spec:
    """The spec of a plugin with today's names of fields, and without those that are gone.

    `gone` of a plugin maps such fields to the value that they would have today.
    """
    plugin = _found(kind, spec.name)
    renamed = {item.metadata.get("was"): item.name for item in fields_of(plugin)} if plugin else {}
    gone = {name: text_of(value) for name, value in getattr(plugin, "gone", {}).items()}
    kept = (pair for pair in spec.fields if gone.get(pair[0]) != text_of(pair[1]))
    fields = sorted((renamed.get(name, name), value) for name, value in kept)
    return Spec(spec.name, spec.preset, tuple(fields))


def _at(item: dataclasses.Field[Any]) -> str:
    return str(item.metadata.get("at", "fit"))


def brief(base: type[Plugin], spec: Spec) -> Spec:
    """The shortest spec for the same plugin: with the preset that leaves fewest fields to name."""
    kind = _kind_of(base)
    plugin = _found(kind, spec.name)
    if plugin is None:
        return spec
    defaults: dict[str, Any] = {item.name: item.default for item in fields_of(plugin)}
    written, fields = [], current(kind, spec).fields
    for preset, values in {spec.preset: {}, **plugin.presets}.items():
        usual = {**defaults, **values}
        kept = tuple((k, v) for k, v in fields if k not in usual or text_of(usual[k]) != text_of(v))
        written.append(Spec(spec.name, preset, kept))
    return min(written, key=lambda short: len(short.fields))


def _found(kind: str, name: str) -> type[Plugin] | None:
    """The plugin; if a built-in module has its name, the other modules are not imported."""
    if name not in _classes[kind]:
        for package in BUILT_IN:
            if importlib.util.find_spec(f"{package}.{name}"):
                _try(name, f"{package}.{name}")
    return _classes[kind].get(name) or plugins(kind).get(name)


def _unknown(kind: str, name: str) -> str:
    if name in _broken:
        return f"{kind} {name!r} cannot be imported: {_broken[name]}"
    if kind == "dataset" and Path(name).is_dir():
        return f"expected a dataset, got the folder {name}; write folder:root={name}"
    others = [f", which is {_a(other)}" for other in KINDS if name in _classes[other]]
    return f"expected {_a(kind)}, got {name!r}{''.join(others[:1])}; {hint(name, _classes[kind])}"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


@cache
def _discover() -> None:
    for package in BUILT_IN:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            _try(module.name, f"{package}.{module.name}")
    for entry in entry_points(group="bench.plugins"):
        _try(entry.name, entry.module)


def _try(name: str, module: str) -> None:
    try:
        with _time_limit():
            importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever a plugin raises, the others must continue
        _broken[name] = f"{type(error).__name__}: {error}"


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raises TimeoutError if an import takes too long; works in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"its import took over {IMPORT_S} s; import what is slow in its methods")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, IMPORT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
