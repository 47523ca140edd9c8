import linecache
import sys
from types import ModuleType

import pytest

from bench.runner.fingerprint import code_of
from bench.runner.notebook_code import NotebookCode

BEFORE = """
import math
import numpy as np
from bench.forensics.cleaning import cleaned

LEVELS = 4
images = object()  # named like a local variable

def step(n):
    return LEVELS * n

class Base:
    def half(self):
        return step(2)

class Plugin(Base):
    \"\"\"A docstring.\"\"\"

    @property
    def all(self):
        from bench.nn.training import seeded
        images = np.zeros(3)  # not the one above
        return cleaned(images) + math.pi
"""


@pytest.fixture
def notebook(monkeypatch):
    """The code of `Plugin` after a cell has run."""
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)

    def code(source, name="<cell>"):
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), vars(main))
        return NotebookCode(main.Plugin)

    yield code
    linecache.cache.pop("<cell>", None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+ math.pi", "+ math.e"),
        ("LEVELS = 4", "LEVELS = 5"),
        ("LEVELS * n", "LEVELS + n"),
        ("step(2)", "step(3)"),
        ("(Base)", "(Base, object)"),
    ],
)
def test_what_the_class_uses_is_in_its_code(notebook, old, new):
    before = notebook(BEFORE).text
    assert old in BEFORE
    assert notebook(BEFORE.replace(old, new)).text != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A docstring", "Another"),
        ("  # not the one above", ""),
        ("= object()", "= None"),
        ("LEVELS = 4", "OTHER = 3\nLEVELS = 2 + 2"),
    ],
)
def test_all_else_is_not(notebook, old, new):
    before = notebook(BEFORE).text
    assert old in BEFORE
    assert notebook(BEFORE.replace(old, new)).text == before


def test_modules_are_found_where_they_are_used(notebook):
    found = {*notebook(BEFORE).imports}
    assert {
        ("bench.nn.training", "seeded"),
        ("bench.forensics.cleaning", ""),
        ("math", ""),
    } <= found


def test_a_module_of_the_user_is_in_the_key_and_an_installed_one_is_not(
    notebook, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    source = "import numpy\nimport mine_only\n\nclass Plugin:\n    def x(self):\n"
    source += "        return mine_only.N, numpy.pi\n"

    def code(n):
        (tmp_path / "mine_only.py").write_text(f"N = {n}\n")
        notebook(source)
        return code_of(sys.modules["__main__"].Plugin)

    assert code(1) != code(20)
    assert code(1) == code(1)


def test_a_value_that_cannot_be_written_down_is_an_error(notebook):
    source = "value = (n for n in ())\nclass Plugin:\n    def x(self):\n        return value\n"
    with pytest.raises(ImportError, match="expected a value that can be pickled in 'value'"):
        notebook(source)


def test_a_method_called_like_a_function_is_not_taken_for_it(notebook):
    source = "def x():\n    return 1\n\nclass Plugin:\n    def x(self):\n        return x()\n"
    before = notebook(source).text
    assert notebook(source.replace("return 1", "return 2")).text != before


def test_of_two_classes_with_a_name_the_last_one_counts(notebook):
    first = "class Plugin:\n    def x(self):\n        return 1\n"
    second = first.replace("1", "2")
    assert notebook(first + second).text == notebook(second).text != notebook(first).text
