import numpy as np
import pytest

from bench.answers import Answers
from bench.reports.results import Result


@pytest.fixture
def result():
    """A result whose attacker is right in these shares of validation and probe pictures.

    Two classes, people of four pictures each; `errs` of every person's are wrong.
    """

    def make(valid, probe, *, defense="none", attacker="cnn", form="pixels", threat="raw", n=40):
        cell, said = _cell(defense, attacker, form, threat), _said(probe, n)
        return Result(cell, said, _said(valid, n), "", "k", person=said.person, take=said.image_id)

    return make


def _said(share_right, n_people):
    """Answers of which this share is right; in each person's five pictures alike."""
    truth = np.tile([0, 1, 0, 1, 0], n_people)
    rng = np.random.default_rng(0)
    right = rng.permutation(np.arange(len(truth)) < round(share_right * len(truth)))
    scores = np.zeros((len(truth), 2), np.float32)
    scores[np.arange(len(truth)), np.where(right, truth, 1 - truth)] = 1
    ids = np.arange(len(truth))
    return Answers(scores, truth, ids // 5, ids)


def _cell(defense, attacker, form, threat):
    """As much of a cell as headlines look at."""
    from bench.api import Attacker, Dataset, Defense
    from bench.registry import make
    from bench.runner.cells import Cell
    from bench.spec import Spec
    from bench.threats import threat as threat_of

    specs = {"pixels": threat, "codes": "latent"}
    spec = Spec.parse(specs[form])
    return Cell(
        task="hide colour",
        purpose="private",
        target="colour",
        data=make(Dataset, Spec("toy")),
        defense=make(Defense, Spec.parse(defense)),
        attacker=make(Attacker, Spec.parse(attacker)),
        threat=threat_of(spec),
        threat_spec=spec,
        seed=0,
    )
