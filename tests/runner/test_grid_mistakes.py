"""Every mistake in a grid is a line that says where it is and what was expected."""

import pytest

from bench.runner.grid import read

GRID = """name = "mine"
seeds = [0]

[[tasks]]
name = "first"
private = ["identity"]
data = "toy"
attackers = ["memory"]

[[tasks]]
private = ["colour"]
utility = ["identity"]
data = "toy"
attackers = ["memory"]
threats = ["raw"]
"""
MISTAKES = [  # what is replaced (the last time that it occurs) by what, and what is told
    ('"mine"', "3", 'line 1: expected a line such as `name = "mine"`, got 3'),
    ('"mine"', '".."', "line 1: name: String should match pattern"),
    ('"mine"', '"a/../b"', "line 1: name: String should match pattern"),
    ('"first"', r'"\u001b]0;"', "line 5: name: String should match pattern"),
    ("[0]", "0", "line 2: expected a line such as `seeds = [0, 1]`, got 0"),
    ("[0]", "[true]", "line 2: expected a line such as `seeds = [0, 1]`, got True"),
    ("[0]", "[-1]", "line 2: seeds: Input should be greater than or equal to 0, got -1"),
    ("[0]", "[0, 0]", "expected different seeds, one or more, got [0, 0]"),
    ("[0]", "[]", "expected different seeds, one or more, got []"),
    ('["colour"]', '"colour"', 'line 11: expected a line such as `private = ["identity"]`, got'),
    ('["colour"]', "[]", "line 11: expected one or more, such as `private ="),
    ('["colour"]', '["identity"]', "as private and utility"),
    ("utility", "utilty", "line 12: expected a known key, got `utilty`; did you mean 'utility'?"),
    ("attackers", "atackers", "line 14: expected a known key, got `atackers`; did you mean"),
    ('attackers = ["memory"]\n', "", "line 10: tasks: expected a line such as `attackers = "),
    ('["memory"]', '"memory"', "line 14: expected a line such as `attackers ="),
    ('"memory"', '"memory:k"', "line 14: attackers: expected field=value, got 'k'"),
    ('"memory"', '"me mory"', "line 14: attackers: a spec is NAME[@PRESET]"),
    ('"toy"', '{ defender = "toy", attacker = "toy" }', "line 13: expected a line such as `eval"),
    ('"toy"', '["toy"]', "line 13: data: a spec is NAME"),
    ('["raw"]', '"raw"', "line 15: expected a line such as `threats ="),
    ('["raw"]', "raw", "is not TOML: line 15: texts stand in quotes"),
    ('["raw"]', '["raw"', "is not TOML: line 15: a list ends with `]`"),
    ('["raw"]', "", "is not TOML: line 15: "),
    ("threats", "data", "is not TOML: line 15: this key stands twice; keep one; got `data ="),
    ("[[tasks]]", "[tasks]", "is not TOML: line 10: "),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place(tmp_path, old, new, told):
    before, found, after = GRID.rpartition(old)
    assert found
    (tmp_path / "g.toml").write_text(before + new + after)
    with pytest.raises(ValueError, match=r"^grid ") as error:
        read(str(tmp_path / "g.toml"))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_in_place_of_an_array_is_told(tmp_path):
    text = GRID[: GRID.rindex("[[tasks]]")].replace("[[tasks]]", "[tasks]")
    (tmp_path / "g.toml").write_text(text)
    with pytest.raises(ValueError, match=r"line 4: expected a line such as `\[\[tasks\]\]`"):
        read(str(tmp_path / "g.toml"))


def test_several_mistakes_have_a_line_each(tmp_path):
    (tmp_path / "g.toml").write_text(GRID.replace("[0]", "0").replace("utility", "utilty"))
    with pytest.raises(ValueError, match="cannot be used: \n") as error:
        read(str(tmp_path / "g.toml"))
    assert [line.split(":")[0] for line in str(error.value).splitlines()[1:]] == [
        "  line 2",
        "  line 12",
    ]


def test_tasks_about_two_folders_have_titles_of_their_own(tmp_path):
    task = '[[tasks]]\nprivate = ["identity"]\ndata = "folder:root=/a/%s"\nattackers = ["knn"]\n'
    (tmp_path / "g.toml").write_text('name = "g"\n' + task % "before" + task % "after")
    titles = [task.title for task in read(str(tmp_path / "g.toml")).tasks]
    assert titles == ["hide identity (before)", "hide identity (after)"]
