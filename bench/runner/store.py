"""A map from keys to artifacts on disk: each is whole or absent, and checked when it is read."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from filelock import FileLock, Timeout
from safetensors.numpy import load_file, save_file

from bench.faces import Array
from bench.names import file_name
from bench.runner.artifacts import Artifact, OnDemand

Json = Mapping[str, Any]

SHOWN = "images"  # the array that plugins are shown; all others lie in the tree of labels
_TREES = ("drafts", "locks", "damaged", "labels")
_SUFFIXES = {"weights": ".safetensors", "meta": ".json"}
_CHECKED: dict[Path, tuple[int, int, int]] = {}  # files that this process has checked, as they were


class DamagedError(ValueError):
    """An entry differs from what was written.

    Attributes:
        key: of the entry.
        what: the first part of the message, without advice.
    """

    def __init__(self, key: str, reason: str) -> None:
        self.key, self.what = key, f"entry {key[:12]} of the store is damaged: {reason}"
        super().__init__(f"{self.what}; run `bench store verify`, which sets it aside")


class Store:
    """Artifacts by key: whatever a plugin may be shown lies apart from labels and answers.

    `root/KEY/` holds `stage.json` (the recipe, the cost, and the SHA-256 of every file),
    `images.npy` and `weights.safetensors`; `root/labels/KEY/` all other arrays and `meta.json`. A
    key stands for everything that made an artifact, so nothing is stale or overwritten. Processes
    share a store: each locks a key while it makes the artifact. What is damaged is set aside in
    `root/damaged` and made again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for tree in _TREES:
            (root / tree).mkdir(parents=True, exist_ok=True)
        for left in (*(root / "drafts").iterdir(), *(root / "locks").iterdir()):
            with suppress(Timeout), self.lock(left.stem, blocking=False):  # its process died
                shutil.rmtree(root / "drafts" / left.stem, ignore_errors=True)

    def __contains__(self, key: str) -> bool:
        return (self._place(key) / "stage.json").exists()

    def __iter__(self) -> Iterator[str]:
        return (path.parent.name for path in self.root.glob("*/stage.json"))

    @property
    def shuffled(self) -> "Store":
        """The store of the shuffled-label control, into which no true label is written.

        What it holds is found in this store, too.
        """
        return Store(self.root / "shuffled")

    @contextmanager
    def lock(self, key: str, *, blocking: bool = True) -> Iterator[None]:
        """Waits until no other process makes this key; ends with its process.

        Raises:
            Timeout: if it may not wait, and another process has the lock.
        """
        path = self.root / "locks" / f"{key}.lock"
        with FileLock(path, blocking=blocking):
            try:
                yield
            finally:  # under the lock; who waits for it locks a new file
                path.unlink(missing_ok=True)

    def put(self, key: str, artifact: Artifact, recipe: Json) -> None:
        """Keeps an artifact: writes a draft, syncs it to disk, renames it; call it under the lock.

        The recipe, of which the key is a digest, and the cost are kept for people to read.
        """
        draft = self.root / "drafts" / key
        shutil.rmtree(draft, ignore_errors=True)  # of a process that died meanwhile
        shown, labels = draft / "shown", draft / "labels"
        try:
            for folder in (shown, labels):
                folder.mkdir(parents=True)
            for name, array in artifact.arrays.items():
                path = (shown if name == SHOWN else labels) / f"{file_name(name)}.npy"
                np.save(path, np.ascontiguousarray(array), allow_pickle=False)
            if artifact.weights:
                # safetensors writes memory as it lies: wrong, without an error, if not contiguous.
                contiguous = {k: np.ascontiguousarray(v) for k, v in artifact.weights.items()}
                save_file(contiguous, shown / "weights.safetensors")
            (labels / "meta.json").write_text(_text(artifact.meta))
            files = {path.name: _sha256(path) for path in (*shown.iterdir(), *labels.iterdir())}
            told: Json = {**recipe, "arrays": sorted(artifact.arrays), "files": files}
            (shown / "stage.json").write_text(_text({**told, "digest": _digest(told)}))
            for path in (*shown.iterdir(), *labels.iterdir(), shown, labels):
                _sync(path)
            if key not in self:
                _moved(labels, self.root / "labels" / key)
                _moved(shown, self.root / key)  # last: it makes the artifact present
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def get(self, key: str) -> Artifact:
        """The artifact; its arrays are read, and then checked, when they are asked for.

        Raises:
            KeyError: if there is none.
            DamagedError: now or at an array, if a file is not as it was written.
        """
        recipe = self.recipe(key)

        def read(name: str) -> Array:
            array: Array = np.load(self._sound(key, file_name(name), recipe), mmap_mode="r")
            return array

        learned: Mapping[str, Array] = {}
        if "weights.safetensors" in recipe["files"]:
            learned = load_file(self._sound(key, "weights", recipe))
        return Artifact(OnDemand(recipe["arrays"], read), learned, self.meta(key))

    def meta(self, key: str) -> Json:
        """The small facts of an artifact, without its arrays."""
        meta: Json = json.loads(self._sound(key, "meta", self.recipe(key)).read_text())
        return meta

    def recipe(self, key: str) -> Json:
        """The recipe that the key is a digest of, the cost of the stage, and digests of its files.

        Raises:
            KeyError: if there is no such artifact.
            DamagedError: if the file is not as it was written.
        """
        path = self._place(key) / "stage.json"
        try:
            recipe: dict[str, Any] = json.loads(path.read_text())
            sound = recipe.pop("digest") == _digest(recipe)
        except FileNotFoundError as error:
            if path.parent.exists():
                raise DamagedError(key, "stage.json is missing") from error
            raise KeyError(
                f"expected artifact {key[:12]} in {self.root}; run the grid that makes it"
            ) from error
        except (OSError, ValueError, LookupError, AttributeError):
            sound = False
        if not sound:
            raise DamagedError(key, "stage.json is not as it was written")
        return recipe

    def check(self, key: str, *, whole: bool = True) -> None:
        """Reads all files of an entry that this process has not read yet, or only `stage.json`.

        Raises:
            KeyError: if there is no such artifact.
            DamagedError: if a file is missing or is not as it was written.
        """
        recipe = self.recipe(key)
        for name in recipe["files"] if whole else ():
            self._sound(key, name.rpartition(".")[0], recipe)

    def set_aside(self, key: str) -> Path:
        """Moves whatever is left of a damaged entry into `root/damaged`; returns where."""
        aside = self.root / "damaged" / f"{key}-{os.urandom(4).hex()}"
        aside.mkdir()
        for name, path in zip(("shown", "labels"), self._folders(key), strict=True):
            with suppress(FileNotFoundError):
                path.rename(aside / name)
        return aside

    def size(self, key: str) -> int:
        """The bytes that an entry takes."""
        return sum(_bytes(folder) for folder in self._folders(key))

    def used(self, key: str) -> float:
        """When a run last needed an entry, in seconds since 1970."""
        return (self._place(key) / "stage.json").stat().st_mtime

    def touch(self, key: str) -> None:
        """Notes that a run needs an entry, if there is one."""
        with suppress(OSError):  # it is absent, or the store may not be written
            os.utime(self._place(key) / "stage.json")

    def delete(self, key: str) -> None:
        """Removes an entry, under its lock; `stage.json` goes first, so that it is never half."""
        with self.lock(key):
            (self._place(key) / "stage.json").unlink(missing_ok=True)
            for folder in self._folders(key):
                shutil.rmtree(folder, ignore_errors=True)

    def tidy(self, before: float) -> int:
        """Removes what is damaged, and figures and checkpoints last used before; returns bytes."""
        old = list((self.root / "damaged").iterdir())
        for folder in (self.root / "figures", scratch_root()):
            if folder.exists():
                old += [path for path in folder.iterdir() if path.stat().st_mtime < before]
        freed = sum(map(_bytes, old))
        for path in old:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return freed

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """A folder for checkpoints: it survives a killed process, until the stage is done.

        It lies outside the store, under a name that only the store's secret tells.
        """
        name = hashlib.sha256(f"{self._secret} {key}".encode()).hexdigest()[:32]
        folder = scratch_root() / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)

    @property
    def _secret(self) -> str:
        path = self.root / "secret"
        if not path.exists():
            draft = path.with_suffix(f".{os.urandom(4).hex()}")
            draft.touch(mode=0o600)
            draft.write_text(os.urandom(32).hex())
            with suppress(FileExistsError):
                os.link(draft, path)  # unless another process was faster
            draft.unlink()
        return path.read_text()

    def _place(self, key: str) -> Path:
        """The folder of an artifact, here or in the store of the control."""
        control = self.root / "shuffled" / key
        return control if control.exists() else self.root / key

    def _folders(self, key: str) -> tuple[Path, Path]:
        """Where an artifact's shown files and its labels lie."""
        place = self._place(key)
        return place, place.parent / "labels" / key

    def _sound(self, key: str, stem: str, recipe: Json) -> Path:
        """A file of an entry, checked the first time that this process asks for it."""
        shown, labels = self._folders(key)
        folder = shown if stem in (SHOWN, "weights") else labels
        path = folder / f"{stem}{_SUFFIXES.get(stem, '.npy')}"
        try:
            stat = path.stat()
            seen = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
            if _CHECKED.get(path) != seen and _sha256(path) != recipe["files"][path.name]:
                raise DamagedError(key, f"{path.name} is not as it was written")
        except OSError as error:
            raise DamagedError(key, f"{path.name} cannot be read ({error.strerror})") from error
        _CHECKED[path] = seen
        return path


def scratch_root() -> Path:
    """The folder of all checkpoints: $BENCH_SCRATCH, or one in the user's cache folder."""
    named = os.environ.get("BENCH_SCRATCH")
    return Path(named) if named else platformdirs.user_cache_path("unmask-bench-scratch")


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _moved(draft: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)  # of a process that died in between
    draft.rename(place)
    _sync(place.parent)


def _text(content: Json) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _digest(content: Json) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
