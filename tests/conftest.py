import os
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import registry
from bench.reports.records import records
from bench.rounds import run_rounds
from bench.runner.artifacts import faces_in
from bench.runner.cells import cells
from bench.runner.engines.local import LocalEngine
from bench.runner.grid import Grid
from bench.runner.planner import Planner
from bench.runner.store import Store

PLUGINS = (
    *("basic", "adversarial", "channels", "codes", "decoder", "impersonation", "matchers"),
    *("planted", "unstable"),
)
FILES = [Path(__file__).parent / "plugins" / f"{name}.py" for name in PLUGINS]


@pytest.fixture(scope="session", autouse=True)
def toys():
    """The toy plugins, registered once."""
    for path in FILES:
        registry.load_file(path)
    return next(m for name, m in sys.modules.items() if name.startswith("bench_plugin_basic"))


@pytest.fixture(scope="session", autouse=True)
def scratch(tmp_path_factory):
    """Checkpoints of the tests do not lie in the user's cache."""
    os.environ["BENCH_SCRATCH"] = str(tmp_path_factory.mktemp("scratch"))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def grid():
    """A grid of one task about the toy data; arguments override."""

    def make(**task):
        usual = {
            "private": ["identity"],
            "data": "toy",
            "attackers": ["memory"],
            "threats": ["raw", "aware"],
        }
        return Grid.model_validate({"name": "toy", "tasks": [usual | task]})

    return make


@pytest.fixture
def run(store, grid):
    """Runs a grid of one task in this process."""
    return lambda **task: Run(store, grid(**task))


@pytest.fixture(scope="session")
def runner():
    """For fixtures that live longer than a test: Run(store, grid)."""
    return Run


class Run:
    """A grid that has run."""

    def __init__(self, store, grid):
        self.store, self.planner = store, Planner(store.root)
        done = run_rounds(
            list(cells(grid)), store, lambda stages, *_: LocalEngine().run(stages, store)
        )
        self.cells, self.plan, self.outcomes, self.results, self.qualities = done
        self.records = records(self.results, self.qualities)

    def select(self, **wanted):
        """Records whose columns begin with these values."""
        return [
            record
            for record in self.records
            if all(str(getattr(record, k)).startswith(str(v)) for k, v in wanted.items())
        ]

    def faces(self, role):
        return faces_in(self.store.get(self.planner.part(self.cells[0].data, role).key))
