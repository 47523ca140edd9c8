"""Figures computed from answers, kept in the store: the report of known answers is instant."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from bench.answers import AnyAnswers, Estimate
from bench.metrics.contrasts import Contrast
from bench.metrics.declared import NamedEstimate
from bench.metrics.exposed import Exposure
from bench.runner.fingerprint import code_of

P = ParamSpec("P")
T = TypeVar("T")

_LIBRARIES = ("numpy", "scipy", "matplotlib", "pillow")  # their versions enter every key
_NAMED = {kind.__name__: kind for kind in (Contrast, Estimate, Exposure, NamedEstimate)}
_digests: WeakKeyDictionary[AnyAnswers, bytes] = WeakKeyDictionary()


class Figures:
    """What functions returned, by a digest of their code and of the content of their arguments.

    So nothing is stale, and equal answers need not be of one stage. Each figure is a JSON file in
    the folder, whole or absent; one that cannot be read is computed again. Without a folder,
    nothing is kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, tuple[str, Any]] = {}  # as in the files: ("value" or "error", it)

    def __call__(self, compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function of a module returns, with tuples for sequences.

        It takes and returns numbers, texts and sequences; it may also take arrays, answers and
        mappings, and return estimates.

        Raises:
            ValueError: as the function does; this is kept as well.
        """
        if self._folder is None:
            return compute(*args, **kwargs)
        about = (_code(compute.__module__), compute.__qualname__, args, kwargs)
        key = hashlib.sha256(b"".join(_parts(about, {}))).hexdigest()
        if key not in self._known:
            path = self._folder / key[:2] / f"{key}.json"
            self._known[key] = _read(path) or _made(path, lambda: compute(*args, **kwargs))
        what, found = self._known[key]
        if what == "error":
            raise ValueError(found)
        value: T = found
        return value


def _read(path: Path) -> tuple[str, Any] | None:
    try:
        ((what, found),) = json.loads(path.read_text(encoding="utf-8")).items()
        return (what, _typed(found)) if what in ("value", "error") else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _made(path: Path, compute: Callable[[], object]) -> tuple[str, Any]:
    try:
        what, found = "value", _plain(compute())
    except ValueError as error:
        what, found = "error", str(error)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps({what: found}), encoding="utf-8")
    draft.replace(path)
    return what, _typed(found)


def _plain(value: object) -> object:
    """The value as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if not isinstance(value, list | tuple):
        return value
    parts, name = [_plain(part) for part in value], type(value).__name__
    return {name: parts} if name in _NAMED else parts


def _typed(value: Any) -> Any:
    """The value of which `_plain` made this one."""
    if isinstance(value, list):
        return tuple(map(_typed, value))
    if isinstance(value, dict):
        ((name, parts),) = value.items()
        return _NAMED[name](*map(_typed, parts))
    return value


def _parts(value: object, seen: dict[int, int]) -> Iterator[bytes]:
    """The content of a value; answers are numbered, as functions may ask whether two are one."""
    if isinstance(value, AnyAnswers):
        yield f"answers {seen.setdefault(id(value), len(seen))}".encode()
        if value not in _digests:
            content = [type(value).__name__, *(getattr(value, item.name) for item in fields(value))]
            _digests[value] = hashlib.sha256(b"".join(_parts(content, {}))).digest()
        yield _digests[value]
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, Mapping):
        yield from _parts(list(value.items()), seen)
    elif isinstance(value, list | tuple):
        yield f"{len(value)} parts".encode()
        for part in value:
            yield from _parts(part, seen)
    elif isinstance(value, str | int | float | None):
        yield f"{value!r};".encode()
    else:
        raise TypeError(f"expected numbers, texts, arrays or answers, got {type(value).__name__}")


@cache
def _code(module: str) -> str:
    """Digest of the module's code, of all that it imports, and of the libraries."""
    return " ".join((code_of(module), *map(version, _LIBRARIES)))
