"""Tasks that are left out where their data are not there."""

import pytest

from bench.commands.options import grid_of
from bench.runner.grid import bundled

TASK = """
[[tasks]]
name = "{name}"
private = ["identity"]
attackers = ["knn"]
data = "{data}"
data_optional = {optional}
"""
THERE, GONE = "synthetic:people=4", "folder:root=nowhere"


def grid(tmp_path, *tasks):
    path = tmp_path / "g.toml"
    made = [TASK.format(name=n, data=data, optional=optional) for n, (data, optional) in tasks]
    path.write_text('name = "g"' + "".join(made))
    return str(path)


def titles(*args):
    return [task.title for task in grid_of(*args).tasks]


def test_only_a_task_whose_optional_data_are_gone_is_left_out_with_the_reason(tmp_path, capsys):
    tasks = [("a", (THERE, "true")), ("b", (GONE, "true")), ("c", (GONE, "false"))]
    assert titles(grid(tmp_path, *tasks), None) == ["a", "c"]
    error = capsys.readouterr().err
    assert error.startswith("left out: task 'b': folder:root= expects a folder")
    assert len(error.splitlines()) == 1


def test_other_data_are_for_the_tasks_that_always_run(tmp_path, capsys):
    tasks = [("a", (THERE, "false")), ("b", (GONE, "true"))]
    assert titles(grid(tmp_path, *tasks), "synthetic:people=5") == ["a"]
    assert not capsys.readouterr().err


def test_without_any_data_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected the data of one task or more, got none"):
        titles(grid(tmp_path, ("b", (GONE, "true"))), None)


@pytest.mark.parametrize("name", ["pprl_vgan_table1", "san_tables"])
def test_the_papers_tables_need_no_data_but_synthetic_people(name, monkeypatch):
    monkeypatch.delenv("BENCH_DATA", raising=False)
    assert name in bundled()
    (task,) = grid_of(name, None).tasks
    assert task.sources.evaluation.name == "synthetic"
