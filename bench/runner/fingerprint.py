"""Digests of code, files and library versions: what a key needs besides fields."""

import ast
import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bench.registry import BUILT_IN

VERBS = "apply"  # folder of a family's verbs: no stage runs them, so they enter no key
LIBRARIES = ("numpy", "torch", "timm")  # their major versions enter every key


def families_of(plugin: type) -> tuple[str, ...]:
    """The modules and packages whose code a plugin's results depend on: its own and its bases'.

    Of a built-in plugin that is its own file, or the folder it shares with its family; of a third
    party's, its whole package; of a user's file, that file.
    """
    modules = (base.__module__ for base in plugin.__mro__)
    # What all plugins are made of is no family: bench.nn is in the key of all that it may change.
    common = ("abc", "builtins", "bench.api", "bench.nn")
    ours = (name for name in modules if not name.startswith(common))
    return tuple(dict.fromkeys(_family_of(name) for name in ours))


def _family_of(module: str) -> str:
    root = next((name for name in BUILT_IN if module.startswith(f"{name}.")), "")
    depth = root.count(".") + 2 if root else 1
    return ".".join(module.split(".")[:depth])


def code_of(*modules: str) -> str:
    """Digest of modules and packages: formatting, comments and docstrings do not count."""
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ImportError(f"the code of {module} cannot be found, so its results have no key")
        files = [Path(spec.origin)]
        for folder in spec.submodule_search_locations or ():
            found = sorted(Path(folder).rglob("*.py"))
            files = [path for path in found if path.parent.name != VERBS]
        for path in files:
            digest.update(path.name.encode() + _bare(path.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:16]


@cache
def libraries() -> dict[str, str]:
    """Major versions of the libraries that compute."""
    return {name: version(name).split(".")[0] for name in LIBRARIES}


def content_of(files: Sequence[Path], cache_path: Path) -> str:
    """Digest of the files' content in their order, and of their last two names.

    Args:
        files: existing files.
        cache_path: JSON of earlier digests; a file of unchanged size and time is not read again.
    """
    known: dict[str, list[object]] = {}
    if cache_path.exists():
        known = json.loads(cache_path.read_text())
    digest, fresh = hashlib.sha256(), dict(known)
    for path in files:
        stat = path.stat()
        entry = known.get(str(path.resolve()), [None])
        if entry[:2] != [stat.st_size, stat.st_mtime_ns]:
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            entry = fresh[str(path.resolve())] = [stat.st_size, stat.st_mtime_ns, sha]
        digest.update("/".join(path.parts[-2:]).encode() + str(entry[2]).encode())
    if fresh != known:
        draft = cache_path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(fresh))
        draft.replace(cache_path)
    return digest.hexdigest()


def _bare(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
