import json
from types import SimpleNamespace

import pytest

from bench.campaign import run_grid, stored
from bench.runner.engines.local import LocalEngine
from bench.runner.grid import Grid
from bench.runner.store import Store

TASK = {
    "private": ["identity"],
    "data": "toy:people=8",
    "defenses": ["pixelate:block=0.25", "fitted"],
    "attackers": ["nearest", "memory"],
    "threats": ["raw", "aware"],
}


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """One store for all runs: what they share is made once."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def ran(toys, store, tmp_path_factory):
    """Runs a grid; the folder of its records, its store and its bundle."""

    def run(seeds=(0, 1, 2), **task):
        grid = Grid.model_validate({"name": "toy", "seeds": seeds, "tasks": [TASK | task]})
        run = tmp_path_factory.mktemp("run")
        start = lambda stages, *_: LocalEngine().run(stages, store)  # noqa: E731
        run_grid(grid, store, start, None).write_records(run)
        bundle = tmp_path_factory.mktemp("bundle") / "run.zip"
        stored(run, store).bundle(bundle, run)
        return SimpleNamespace(run=run, store=store, bundle=bundle)

    return run


@pytest.fixture(scope="session")
def toy_run(ran):
    return ran()


@pytest.fixture(scope="session")
def stronger_run(ran):
    """The same defenses before one more attacker."""
    return ran(attackers=["nearest", "memory", "knn"])


@pytest.fixture
def altered(toy_run, tmp_path):
    """Copies of the run's files in which a function has altered the text of the CSV or the JSON."""

    def make(in_csv=None, in_json=None, *, sign=True):
        import hashlib

        folder = tmp_path / "altered"
        folder.mkdir(exist_ok=True)
        content = (toy_run.run / "records.csv").read_bytes()
        content = in_csv(content.decode()).encode() if in_csv else content
        package = json.loads((toy_run.run / "records.json").read_text())
        if sign:
            digest = hashlib.sha256(content).hexdigest()
            package["resources"][0]["hash"] = f"sha256:{digest}"
        if in_json:
            in_json(package["unmask"])
        (folder / "records.csv").write_bytes(content)
        (folder / "records.json").write_text(json.dumps(package))
        return folder

    return make
