import pytest

from bench.api import Defense
from bench.registry import brief, make, spec_of
from bench.spec import Spec


@pytest.mark.parametrize(
    "text", ["blur", "blur:sigma=0.1", "san@quick", "san@quick:strength=1.5", "pprl_vgan@ferg"]
)
def test_a_spec_is_shown_as_it_was_written(text):
    plugin = make(Defense, Spec.parse(text))
    shown = brief(Defense, spec_of(plugin))
    assert str(shown) == text
    assert make(Defense, shown) == plugin
