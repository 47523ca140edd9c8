"""The bounds of fields, for plugins that are made in Python or from a spec."""

import math
from dataclasses import dataclass, replace

import pytest

from bench.api import Defense, field
from bench.faces import Release
from bench.registry import KINDS, fields_of, make, plugins
from bench.spec import Spec


@dataclass(frozen=True)
class Bounded(Defense):
    """A defense with a field of each kind. Source: ours."""

    count: int = field(1, about="count", within="[1, 1e3]")
    share: float = field(0.5, about="share", within="(0, 1]")
    free: float = field(0.0, about="any number")
    whole: int = field(0, about="any integer")
    colour: str = field("red", about="colour", among=("red", "green"))
    grey: bool = field(False, about="grey")

    def protect(self, faces, weights, context):
        return Release(faces.images)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 1), ("count", 1000), ("share", 1), ("share", 1e-9), ("free", -1e300),
        ("whole", -5), ("colour", "green"), ("grey", True),
    ],
)  # fmt: skip
def test_a_value_within_its_bounds_is_kept(name, value):
    assert getattr(Bounded(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("count", 0, r"expected count in \[1, 1e3\], got 0"),
        ("count", 1001, "expected count in"),
        ("count", True, "expected count in .* got True"),
        ("count", 2.0, "expected count in"),
        ("share", 0, r"expected share in \(0, 1\], got 0"),
        ("share", math.nextafter(1, 2), "expected share in"),
        ("share", math.nan, "expected share in .* got nan"),
        ("free", math.inf, "expected free in"),
        ("free", math.nan, "expected free in"),
        ("free", "1", "expected free in"),
        ("whole", 2**31, "expected whole in .*, got 2147483648"),
        ("colour", "blue", "expected colour in {'red', 'green'}, got 'blue'"),
        ("grey", 1, "expected grey of type bool, got 1"),
    ],
)
def test_a_value_beyond_its_bounds_is_refused(name, value, told):
    with pytest.raises(ValueError, match=told):
        Bounded(**{name: value})
    with pytest.raises(ValueError, match=told):
        replace(Bounded(), **{name: value})


def test_an_interval_that_is_none_is_refused():
    @dataclass(frozen=True)
    class Odd(Bounded):
        count: int = field(1, about="count", within="1 to 3")

    with pytest.raises(ValueError, match="expected an interval such as"):
        Odd()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("of", "value"), [(int, "9" * 20), (int, "true"), (float, "nan")])
def test_every_number_of_every_plugin_has_bounds(kind, of, value):
    for name, plugin in plugins(kind).items():
        for item in fields_of(plugin):
            if type(item.default) is of:
                with pytest.raises(ValueError, match="expected "):
                    make(KINDS[kind], Spec.parse(f"{name}:{item.name}={value}"))
