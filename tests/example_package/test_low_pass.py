from low_pass import LowPass

from bench.contract import checks
from bench.spec import Spec


def test_it_keeps_the_contract():
    found = list(checks(Spec(LowPass.name)))
    assert found
    assert [check for check in found if check.problem] == []
