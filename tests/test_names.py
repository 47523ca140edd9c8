from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.names import MAX_LENGTH, file_name, hint

NAMES = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("expression", "expression"),
        ("person 5", "person 5"),
        ("v1.2", "v1.2"),
        ("", "%"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("a/../b", "a%2F..%2Fb"),
        ("C:\\x", "C%3A%5Cx"),
        ("50%", "50%25"),
        ("é", "%C3%A9"),
    ],
)
def test_names_become_readable_components(name: str, expected: str) -> None:
    assert file_name(name) == expected


@given(NAMES)
def test_a_component_is_one_visible_part_of_a_path(name: str) -> None:
    made = file_name(name)
    for path in (PurePosixPath("x", made), PureWindowsPath("x", made)):
        assert path.parts == ("x", made)
    assert made.isascii()
    assert made.isprintable()
    assert len(made) <= MAX_LENGTH
    assert made[0] not in ". "
    assert made[-1] not in ". "


@given(NAMES, NAMES)
def test_different_names_become_different_components(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


def test_long_names_keep_their_difference() -> None:
    assert file_name("x" * 300) != file_name("x" * 299 + "y")


def test_a_mistyped_name_gets_the_nearest_or_all():
    assert hint("pixlate", ["blur", "pixelate"]) == "did you mean 'pixelate'?"
    assert hint("swap", ["pixelate", "blur"]) == "there are blur, pixelate"
    assert hint("swap", []) == "there are none"
