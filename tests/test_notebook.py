import linecache
import sys
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import bench
from bench import registry
from bench.registry import make, plugins
from bench.runner.engines import options
from bench.runner.engines.local import LocalEngine
from bench.spec import Spec

DATA = "synthetic:people=8,takes=4,pictures=2,size=32,protocol=closed"
TASK = {"private": ["identity"], "data": DATA, "attackers": ["nearest"], "threats": ["raw"]}
POSTERIZE = '''
import bench
from dataclasses import dataclass

@dataclass(frozen=True)
class Posterize(bench.Defense):
    """Leaves a few levels.

    Source: ours.
    """

    levels: int = bench.field(4, about="levels")

    def protect(self, faces, weights, context):
        step = 256 // self.levels
        return bench.Release(faces.images // step * step)
'''


@pytest.fixture
def cell(monkeypatch):
    """Runs a cell of a notebook; its plugins are forgotten after the test."""
    plugins("defense")
    known = {kind: dict(found) for kind, found in registry._classes.items()}
    monkeypatch.setattr(registry, "_classes", known)
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)

    def run(source, number=[0]):  # noqa: B006  # it counts the cells
        number[0] += 1
        name = f"<cell {number[0]}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), vars(main))
        return main

    return run


@pytest.fixture
def ran(tmp_path):
    """Runs the task, silently, on a store of the test."""

    def run(grid=TASK, **changes):
        return bench.run(grid, **{"store": tmp_path / "store", "progress": False} | changes)

    return run


@pytest.fixture
def no_pool(monkeypatch):
    """Fails the test if a run starts processes."""
    monkeypatch.setattr(options, "PoolEngine", None)


@pytest.mark.slow
def test_a_class_of_a_notebook_runs_as_it_is(cell, ran, no_pool, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    posterize = cell(POSTERIZE).Posterize
    done = ran(defenses=[posterize, posterize(levels=2)])
    assert done.failures == []
    assert {"posterize:levels=4", "posterize:levels=2"} <= {*done.records.defense}
    assert {*done.verdicts.defense} == {*done.records.query("metric == 'leakage'").defense}
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_editing_the_class_recomputes_what_depends_on_it(cell, ran, no_pool, tmp_path):
    def share(source):
        """Of the stages of the defense that are stored."""
        cell(source)
        main = sys.modules["__main__"]
        planned = bench.plan(TASK, defenses=[main.Posterize], store=tmp_path / "store")
        return planned[planned.plugin == "posterize"].stored.mean()

    assert share(POSTERIZE) == 0
    ran(defenses=[sys.modules["__main__"].Posterize])
    assert share(POSTERIZE.replace("step =", "step  =  ").replace("a few", "some")) == 1
    assert share(POSTERIZE.replace("256 //", "255 //")) == 0
    assert share(POSTERIZE) == 1


def test_a_class_without_a_source_is_an_error_that_says_so(cell, ran, no_pool):
    main = cell(POSTERIZE)
    linecache.cache.clear()
    with pytest.raises(ImportError, match="cannot find the source of Posterize"):
        ran(defenses=[main.Posterize])


def test_a_class_that_is_no_plugin_is_refused(cell, ran):
    main = cell(POSTERIZE.replace("@dataclass(frozen=True)\n", ""))
    for wrong in (dict, 3):
        with pytest.raises(TypeError, match="expected a plugin's name, class or instance"):
            ran(defenses=[wrong])
    with pytest.raises(TypeError, match="has @dataclass"):
        ran(defenses=[main.Posterize])


def test_a_class_called_like_a_plugin_of_ours_is_refused(cell, ran):
    main = cell(POSTERIZE.replace("Posterize", "Blur"))
    with pytest.raises(ValueError, match=r"'blur' is defined in defenses\.blur; choose another"):
        ran(defenses=[main.Blur])


@pytest.mark.slow
def test_a_registered_name_is_kept(cell, ran, no_pool):
    registered = POSTERIZE.replace("@dataclass", '@bench.register("few")\n@dataclass')
    done = ran(defenses=[cell(registered).Posterize])
    assert "few:levels=4" in {*done.records.defense}
    assert [*ran(defenses=["few:levels=2"]).failures] == []  # found by its name


@pytest.mark.slow
def test_a_run_shows_its_tables_and_sheets(ran, monkeypatch):
    monkeypatch.setattr("bench.notebook.engine_of", lambda *_: LocalEngine())
    done = ran({"name": "two", "tasks": [TASK, TASK | {"name": "again <b>"}]}, data=DATA)
    assert done._repr_html_().count("<table>") == 2
    assert "again &lt;b&gt;" in done._repr_html_()
    assert str(done).startswith("HIDE IDENTITY")
    assert done.table().title.startswith("Verdicts: hide identity")
    assert "again" in done.table("again")._repr_html_()
    assert done.sheet()._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="expected a task of the run, got 'hide gender'"):
        done.table("hide gender")
    with pytest.raises(ValueError, match="expected a sheet, got 'sheet-7'; did you mean"):
        done.sheet("sheet-7")


@pytest.mark.slow
def test_plugins_of_ours_run_in_processes_and_out_is_written(ran, tmp_path, capsys):
    done = ran(out=tmp_path / "out", workers=2, progress=True, defenses=["blur"], seeds=[0, 1])
    assert done.failures == []
    written = bench.read_records(tmp_path / "out" / "records.csv")
    assert len(written) == len(done.records)
    assert set(written.seed) == {0, 1}
    assert "nearest raw" in capsys.readouterr().out


@pytest.mark.slow
def test_failures_are_shown_and_raise_nothing(ran, monkeypatch):
    monkeypatch.setattr("bench.notebook.engine_of", lambda *_: LocalEngine())
    done = ran(defenses="broken_defense")  # one may stand alone
    assert "<p>failed: protect broken_defense" in done._repr_html_()
    assert any("broken_defense" in reason for reason in done.failures)


def test_mistakes_are_exceptions(ran):
    with pytest.raises(ValueError, match="expected a defense, got 'blurr'; did you mean 'blur'"):
        ran(defenses=["blurr"])
    with pytest.raises(ValueError, match="tasks"):
        ran({"name": "x", "tasks": []})
    with pytest.raises(FileNotFoundError, match="did you mean 'quick'"):
        ran("quik")


def test_data_are_loaded_as_a_run_loads_them():
    faces, targets, _ = bench.load_data(DATA)
    assert faces.images.shape == (8 * 4 * 2, 3, 32, 32)
    assert "identity" in {target.name for target in targets}
    again = bench.load_data(make(bench.Dataset, Spec.parse(DATA)))
    assert (again.faces.image_id == faces.image_id).all()


def test_arrays_and_pictures_are_protected_alike(cell):
    posterize = cell(POSTERIZE).Posterize(levels=2)
    images = np.arange(2 * 3 * 4 * 6, dtype=np.uint8).reshape(2, 3, 4, 6)
    released = bench.protect(posterize, images)
    assert (released == images // 128 * 128).all()
    picture = Image.fromarray(images[1].transpose(1, 2, 0))
    alone = bench.protect(posterize, picture)
    assert (np.asarray(alone).transpose(2, 0, 1) == released[1]).all()
    first, second = (bench.protect("noise:sigma=0.2", images, seed=seed) for seed in (1, 1))
    assert (first == second).all()
    with pytest.raises(ValueError, match=r"expected images as uint8 \(N, 3, H, W\), got float64"):
        bench.protect(posterize, images / 255)
