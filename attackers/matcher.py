"""A network that decides whether two pictures show one person."""

from dataclasses import dataclass

from bench.api import Matcher
from bench.nn.attacker import PeopleNet
from bench.registry import register


@register("matcher")
@dataclass(frozen=True)
class NetMatcher(PeopleNet, Matcher):
    """Trains an embedding of faces until it stops improving on held-out people.

    Source: Wang et al., CosFace, CVPR 2018 [wang2018cosface] (`margin`); Schroff, Kalenichenko,
    Philbin, FaceNet, CVPR 2015 [schroff2015facenet], Hermans, Beyer, Leibe, arXiv:1703.07737
    [hermans2017triplet], and the SAN authors' slides (`triplet`: anchor, positive, negative).
    Differs from it: any network; stopped on pairs of validation people; CosFace's scale is 24 and
    its margin 0.2, for hundreds of people.
    """

    evidence = "matcher"
