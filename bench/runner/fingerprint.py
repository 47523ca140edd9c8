"""Digests of code, files and library versions: the part of a key that is not a field.

The code that a stage depends on is found, not listed: the static imports of its action and of its
plugin's class, followed through our packages and the plugin's own, also inside functions. A package
`__init__` only re-exports, so imports lead through it to the module that defines the name. Of a
class in a notebook it is the class and what it uses of the notebook (bench.runner.notebook_code).
"""

import ast
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from bench.runner.notebook_code import NotebookCode, bare

OURS = ("bench", "defenses", "attackers")
# their minor versions enter every key
LIBRARIES = ("facenet-pytorch", "numpy", "scipy", "timm", "torch")
# Modules that enter no key: they neither compute arrays nor draw random numbers (a test checks it).
INFRASTRUCTURE: Mapping[str, str] = {
    "bench": "re-exports names",
    "bench.api": "declares base classes",
    "bench.threats": "declares threats; stages hold the relevant fields",
    "bench.spec": "parses specs; a stage carries the result",
    "bench.processes": "starts processes",
    "bench.registry": "finds plugins by name",
    "bench.runner.stage": "names the inputs and details of a stage",
    "bench.runner.fingerprint": "computes keys",
    "bench.runner.store": "writes and reads arrays as they are",
    "bench.runner.worker": "hands over device and generators",
}


class _Source(NamedTuple):
    """A module's code without formatting, comments and docstrings, and its imports."""

    bare: str
    imports: tuple[tuple[str, str], ...]  # module, and the name imported from it or ""


def modules_of(*roots: str) -> tuple[str, ...]:
    """The modules whose code decides the results of the roots: themselves and all they import.

    Raises:
        ImportError: if a package `__init__` defines a name instead of re-exporting it.
    """
    packages = {*OURS, *(root.partition(".")[0] for root in roots)}
    found: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if module in found or module in INFRASTRUCTURE:
            continue
        found[module] = None
        for imported, name in _source(_file_of(module)).imports:
            if imported.partition(".")[0] in packages:
                waiting.append(_defining(imported, name))
    return tuple(sorted(found))


def imported_by(root: str) -> set[str]:
    """The packages, also installed ones, that the code of a module imports somewhere."""
    sources = (_source(_file_of(module)) for module in modules_of(root))
    return {name.partition(".")[0] for source in sources for name, _ in source.imports}


def code_of(*roots: str | type) -> str:
    """Digest of the code that `modules_of` finds, 16 hex digits.

    Raises:
        ImportError: if the code of a class in a notebook cannot be found.
    """
    digest, modules = hashlib.sha256(), list[str]()
    for root in roots:
        if isinstance(root, str):
            modules.append(root)
        elif root.__module__ != "__main__":
            modules.append(root.__module__)
        else:
            own = NotebookCode(root)
            digest.update(own.text.encode())
            modules += (_defining(*each) for each in own.imports if _is_local(each[0]))
    for module in modules_of(*modules):
        path = _file_of(module)
        digest.update(path.name.encode() + _source(path).bare.encode())
    return digest.hexdigest()[:16]


@cache
def libraries() -> dict[str, str]:
    """Minor versions of the libraries that compute, such as 2.4."""
    return {name: ".".join(version(name).split(".")[:2]) for name in LIBRARIES}


def content_of(files: Sequence[Path], cache_path: Path) -> str:
    """Digest of the files' content in their order, and of their last two names.

    Earlier digests are kept in JSON; a file of unchanged size and times is not read again. (Whoever
    replaces a file can set the time of its content back, not that of its inode.)
    """
    known: dict[str, list[object]] = {}
    with suppress(OSError, ValueError):  # there is none yet, or it is damaged: all is read again
        known = dict(json.loads(cache_path.read_text()))
    digest, fresh = hashlib.sha256(), dict(known)
    for path in files:
        stat = path.stat()
        about = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        entry = known.get(str(path.resolve()), [None])
        if entry[:-1] != about:
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            entry = fresh[str(path.resolve())] = [*about, sha]
        digest.update("/".join(path.parts[-2:]).encode() + str(entry[-1]).encode())
    if fresh != known:
        draft = cache_path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(fresh))
        draft.replace(cache_path)
    return digest.hexdigest()


def _defining(module: str, name: str) -> str:
    """The module that defines a name imported from a module or package."""
    if not name:
        return module
    with suppress(ImportError):  # a module of a package
        _file_of(f"{module}.{name}")
        return f"{module}.{name}"
    path = _file_of(module)
    if path.name != "__init__.py" or module in INFRASTRUCTURE:
        return module
    for imported, exported in _source(path).imports:
        if exported == name:
            return _defining(imported, name)
    raise ImportError(
        f"expected {path} to only re-export, but it defines {name!r}; move it to a module, or "
        "results that use it have no key"
    )


@cache
def _file_of(module: str) -> Path:
    """The file of a module; packages are searched, not imported.

    Raises:
        ImportError: if there is none.
    """
    top, *rest = module.split(".")
    loaded = getattr(sys.modules.get(top), "__file__", None)  # of a user's file: found nowhere else
    spec = None if loaded and not rest else importlib.util.find_spec(top)
    origin = loaded or (spec.origin if spec else None)
    if origin and not rest:
        return Path(origin)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *rest)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    raise ImportError(f"cannot find the code of {module}, so its results have no key")


def _is_local(module: str) -> bool:
    """Whether it is ours or the user's: neither of the standard library nor installed."""
    top = module.partition(".")[0]
    if top in OURS or top in sys.stdlib_module_names:
        return top in OURS
    return "site-packages" not in _file_of(module).parts


def _source(path: Path) -> _Source:
    stat = path.stat()
    return _parsed(path, stat.st_mtime_ns, stat.st_size)


@cache
def _parsed(path: Path, mtime_ns: int, size: int) -> _Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = tuple(_imports(tree, _package_of(path)))
    return _Source(bare(tree), imports)


def _package_of(path: Path) -> list[str]:
    """The names of the packages that a file lies in, outermost first."""
    names: list[str] = []
    folder = path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return names


def _imports(node: ast.AST, package: list[str]) -> Iterator[tuple[str, str]]:
    """All imports below a node, except those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from _imports(other, package)
        elif isinstance(child, ast.Import):
            yield from ((alias.name, "") for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            parents = package[: len(package) + 1 - child.level] if child.level else []
            module = ".".join([*parents, *([child.module] if child.module else [])])
            yield from ((module, alias.name) for alias in child.names)
        else:
            yield from _imports(child, package)
