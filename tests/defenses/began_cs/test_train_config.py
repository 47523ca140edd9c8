"""The presets, and what fields may hold."""

from dataclasses import replace

import pytest

from bench.api import Defense
from bench.registry import brief, make
from bench.spec import Spec


def test_presets_are_those_of_the_papers():
    paper, swapped = (make(Defense, Spec("began_cs", name)) for name in ("paper", "began_cs"))
    assert (paper.alpha, paper.gamma, paper.latent) == (0.5, 0.1, 64)
    assert (paper.lr, paper.d_lr, paper.beta1, paper.beta2) == (1e-4, 1e-4, 0.9, 0.999)
    assert (paper.batch, paper.lambda_k) == (64, 0.001)
    assert paper.steps == pytest.approx(300 * 18_000 / 64, rel=0.005)  # 300 epochs
    assert (paper.w_labels, paper.d_labels, paper.standardize) == (1, 1, False)
    assert (paper.power, paper.norm, paper.backbone, paper.width) == (2, "sum", "official", 128)
    assert replace(swapped, alpha=0.5, gamma=0.1, norm="sum") == paper
    ours = "rebuild w_rebuild w_estimator average anneal"
    assert not any(getattr(paper, name) for name in ours.split())


@pytest.mark.parametrize(
    "fields",
    [
        "objective=wgan",
        "predictor=none",
        "power=3",
        "width=0",
        "labels=yaw+yaw",
        "attributes=no",
        "steps=0",
    ],
)
def test_an_invalid_field_is_refused(fields):
    with pytest.raises(ValueError, match=fields.split("=")[0]):
        make(Defense, Spec.parse(f"began_cs:{fields}"))


def test_the_depth_of_0_1_is_read_where_it_is_today_s():
    old = Spec.parse("began_cs:depth=1,width=8")
    assert make(Defense, old) == make(Defense, Spec.parse("began_cs:width=8"))
    assert str(brief(Defense, old)) == "began_cs:width=8"
    with pytest.raises(ValueError, match="expected a field of defense began_cs, got 'depth'"):
        make(Defense, Spec.parse("began_cs:depth=2"))
