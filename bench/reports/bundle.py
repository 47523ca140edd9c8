"""Bundles: the raw answers of a run with recipes and digests, but no pictures, in one file.

A ZIP file: `bundle.json`, `records.csv` and `records.json` as the run wrote them, and the arrays
that its numbers are computed from, `KEY/NAME.npy`.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from bench.faces import Array
from bench.names import file_name
from bench.reports.bundle_index import Entry, Index, asked_cells, described
from bench.reports.lineage import check, check_truth
from bench.reports.qualities import ReleaseQuality, release_qualities
from bench.reports.results import Result, results
from bench.runner.artifacts import Artifact, OnDemand
from bench.runner.cell_stages import CellKeys
from bench.runner.cells import Cell
from bench.runner.store import Store

RECORDS = ("records.csv", "records.json")
LARGEST, LARGEST_TEXT = 8 * 2**30, 2 * 10**8  # bytes of a bundle when unpacked, of a text
_INDEX, _DAY = "bundle.json", (1980, 1, 1, 0, 0, 0)  # of all members: equal bundles are equal files


class Bundle(NamedTuple):
    """What is read of a bundle."""

    results: Sequence[Result]
    qualities: Sequence[ReleaseQuality]
    records: Path  # the folder with `records.csv` and `records.json`
    digest: str  # SHA-256 of the file


class _Noting:
    """A store that notes what is read of it."""

    def __init__(self, store: Store) -> None:
        self.root, self._store = store.root, store
        self.read: dict[str, dict[str, Array]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._store

    def get(self, key: str) -> Artifact:
        found, noted = self._store.get(key), self.read.setdefault(key, {})

        def read(name: str) -> Array:
            noted[name] = found.arrays[name]
            return noted[name]

        return Artifact(OnDemand(found.arrays, read), {}, found.meta)

    def meta(self, key: str) -> Mapping[str, Any]:
        self.read.setdefault(key, {})
        return self._store.meta(key)


def write_bundle(
    path: Path,
    run: Path,
    suite: str,
    cells: Sequence[Cell],
    keys_of: Mapping[Cell, CellKeys],
    store: Store,
    failed: Mapping[str, str],
) -> Sequence[Result]:
    """Writes the bundle of the run in a folder, whole or not at all; returns its results."""
    noting = _Noting(store)
    found = results(cells, keys_of, noting, failed)
    release_qualities(cells, keys_of, noting)
    facts = _nameless if any(not cell.data.shareable for cell in cells) else dict
    members = {name: (run / name).read_bytes() for name in RECORDS}
    entries = dict[str, Entry]()
    for key, noted in sorted(noting.read.items()):
        arrays = {name: _npy(array) for name, array in sorted(noted.items())}
        digests = {name: _sha256(content) for name, content in arrays.items()}
        entries[key] = Entry(recipe=store.recipe(key), meta=facts(store.meta(key)), arrays=digests)
        members |= {_member(key, name): content for name, content in arrays.items()}
    for key in _lineage(noting.read, store):
        entries.setdefault(key, Entry(recipe=store.recipe(key), meta={}, arrays={}))
    asked, plugins = described(cells, keys_of)
    records = {name: _sha256(members[name]) for name in RECORDS}
    index = Index(
        suite=suite, cells=asked, plugins=plugins, failed=failed, entries=entries, records=records
    )
    members[_INDEX] = index.model_dump_json(indent=1).encode()
    draft = path.with_name(f".{path.name}.draft")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            for name, content in members.items():
                packed.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return found


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The content of a bundle, computed from its answers; what is wrong is found before it ends.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is not a bundle, is damaged, or needs another version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected a bundle of `bench bundle` at {path}, found none")
    with TemporaryDirectory(prefix="bench-bundle-") as folder:
        with _one_error(path), zipfile.ZipFile(path) as packed:
            if (size := sum(info.file_size for info in packed.infolist())) > LARGEST:
                raise ValueError(f"expected at most {LARGEST} bytes unpacked, got {size}")
            texts = max(packed.getinfo(name).file_size for name in (_INDEX, *RECORDS))
            if texts > LARGEST_TEXT:
                raise ValueError(f"expected texts of at most {LARGEST_TEXT} bytes, got {texts}")
            index = Index.model_validate_json(packed.read(_INDEX))
            for name in RECORDS:
                content = _checked(packed.read(name), index.records[name], name)
                (Path(folder) / name).write_bytes(content)
            store = _Packed(packed, index, Path(folder))
            cells, keys_of = asked_cells(index)
            check(cells, keys_of, {key: entry.recipe for key, entry in index.entries.items()})
            found = results(cells, keys_of, store, index.failed)
            check_truth(found, keys_of, store.get)
            qualities = release_qualities(cells, keys_of, store)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Bundle(found, qualities, Path(folder), digest)


class _Packed:
    """The artifacts of a bundle."""

    def __init__(self, packed: zipfile.ZipFile, index: Index, root: Path) -> None:
        self.root, self._packed, self._entries = root, packed, index.entries

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> Artifact:
        entry = self._entries[key]

        def read(name: str) -> Array:
            member = _member(key, name)
            content = _checked(self._packed.read(member), entry.arrays[name], member)
            array: Array = np.load(io.BytesIO(content), allow_pickle=False)
            return array

        return Artifact(OnDemand(entry.arrays, read), {}, entry.meta)

    def meta(self, key: str) -> Mapping[str, Any]:
        return self._entries[key].meta


@contextmanager
def _one_error(path: Path) -> Iterator[None]:
    """Turns whatever a hostile or damaged bundle raises into one line."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ValueError(f"expected a bundle of this version in {path}, got {what}") from error
    except (
        *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError),
        *(RecursionError, NotImplementedError, EOFError, OSError, zipfile.BadZipFile, zlib.error),
    ) as error:
        what = " ".join(str(error).split())[:300]
        raise ValueError(
            f"expected a sound bundle in {path}, got {type(error).__name__}: {what}; make or "
            "download it again"
        ) from error


def _lineage(keys: Iterable[str], store: Store) -> set[str]:
    """The keys of all that these artifacts were made of."""
    found, waiting = set[str](), list(keys)
    while waiting:
        if (key := waiting.pop()) not in found:
            found.add(key)
            waiting += [each for needed in store.recipe(key)["inputs"].values() for each in needed]
    return found


def _nameless(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts of an artifact without the names of real people."""
    if "targets" not in meta:
        return meta
    targets = [list(target) for target in meta["targets"]]
    for target in targets:
        if target[0] == "identity":
            target[2] = [f"person {i}" for i in range(len(target[2]))]
    return {**meta, "targets": targets}


def _member(key: str, name: str) -> str:
    return f"{key}/{file_name(name)}.npy"


def _npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def _checked(content: bytes, digest: str, name: str) -> bytes:
    if _sha256(content) != digest:
        raise ValueError(f"{name} is not as it was written")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
