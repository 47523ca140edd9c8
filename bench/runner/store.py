"""A map from keys to artifacts on disk: each is whole or absent."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from safetensors.numpy import load_file, save_file

from bench.faces import Array

Json = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Artifact:
    """The result of a stage."""

    # Big ones, one .npy file each, memory-mapped when read.
    arrays: Mapping[str, Array] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)  # of a plugin, one safetensors file
    meta: Json = field(default_factory=dict)  # small facts, JSON


class Store:
    """Artifacts by key, in `root/KEY/{stage.json, meta.json, *.npy, weights.safetensors}`.

    A key stands for everything that made an artifact, so nothing is stale or overwritten. Processes
    share a store: each locks a key while it makes the artifact.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("drafts", "locks", "scratch"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for draft in (root / "drafts").iterdir():
            with suppress(Timeout), self.lock(draft.name).acquire(blocking=False):
                shutil.rmtree(draft, ignore_errors=True)  # left by a process that died

    def __contains__(self, key: str) -> bool:
        return (self.root / key / "stage.json").exists()

    def __iter__(self) -> Iterator[str]:
        return (path.parent.name for path in self.root.glob("*/stage.json"))

    def lock(self, key: str) -> FileLock:
        """For `with`: waits until no other process makes this key; ends with its process."""
        return FileLock(self.root / "locks" / f"{key}.lock")

    def put(self, key: str, artifact: Artifact, recipe: Json) -> None:
        """Keeps an artifact: writes a draft, syncs it to disk, renames it; call it under the lock.

        The recipe, of which the key is a digest, and the cost are kept for people to read.
        """
        draft = self.root / "drafts" / key
        shutil.rmtree(draft, ignore_errors=True)  # of a process that died meanwhile
        draft.mkdir()
        try:
            for name, array in artifact.arrays.items():
                np.save(draft / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
            if artifact.weights:
                # safetensors writes memory as it lies: wrong, without an error, if not contiguous.
                contiguous = {k: np.ascontiguousarray(v) for k, v in artifact.weights.items()}
                save_file(contiguous, draft / "weights.safetensors")
            _write_json(draft / "meta.json", artifact.meta)
            _write_json(draft / "stage.json", recipe)
            for path in (*draft.iterdir(), draft):
                _sync(path)
            if key not in self:
                draft.rename(self.root / key)
                _sync(self.root)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def get(self, key: str) -> Artifact:
        """The artifact.

        Raises:
            KeyError: if there is none.
        """
        folder = self.root / key
        if key not in self:
            raise KeyError(
                f"expected artifact {key[:12]} in {self.root}; run the grid that makes it"
            )
        arrays = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}
        weights = folder / "weights.safetensors"
        return Artifact(arrays, load_file(weights) if weights.exists() else {}, self.meta(key))

    def meta(self, key: str) -> Json:
        """The small facts of an artifact, without its arrays."""
        meta: Json = json.loads((self.root / key / "meta.json").read_text())
        return meta

    def recipe(self, key: str) -> Json:
        """The recipe that the key is a digest of, and the cost of the stage."""
        recipe: Json = json.loads((self.root / key / "stage.json").read_text())
        return recipe

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """A folder for checkpoints: it survives a killed process, until the stage is done."""
        folder = self.root / "scratch" / key
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def _write_json(path: Path, content: Json) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
