"""Threats as they are written."""

import pytest

from bench.spec import Spec
from bench.threats import threat


@pytest.mark.parametrize("name", ["raw", "lazy", "aware"])
def test_an_attacker_of_pictures_may_clean_first(name):
    assert not threat(Spec.parse(name)).clean
    assert not threat(Spec.parse(f"{name}:clean=false")).clean
    cleaning = threat(Spec.parse(f"{name}:clean=true,draws=2"))
    assert (cleaning.clean, cleaning.draws, cleaning.gallery) == (True, 2, False)


@pytest.mark.parametrize("name", ["latent", "reencode", "reread"])
def test_codes_are_not_cleaned(name):
    with pytest.raises(ValueError, match="expected pictures to clean, got codes; use aware"):
        threat(Spec.parse(f"{name}:clean=true"))


def test_another_word_than_true_or_false_is_refused():
    with pytest.raises(ValueError, match=r"expected clean to be true or false, got 'often'"):
        threat(Spec.parse("aware:clean=often"))
