"""A network that decides whether two pictures show one person."""

from dataclasses import dataclass

from bench.api import Matcher, Weights
from bench.nn.attacker import PUBLISHED_WIDTHS, PeopleNet
from bench.registry import register


@register("matcher")
@dataclass(frozen=True)
class NetMatcher(PeopleNet, Matcher):
    """Trains an embedding of faces until it stops improving on held-out people.

    Source: Wang et al., CosFace, CVPR 2018 [wang2018cosface] (`margin`); Schroff, Kalenichenko,
    Philbin, FaceNet, CVPR 2015 [schroff2015facenet], Hermans, Beyer, Leibe, arXiv:1703.07737
    [hermans2017triplet] (`triplet`); the SAN authors' slides (`hinge`: anchor, positive, negative).
    Differs from it: any network (`backbone=vggface` is the SAN authors'); stopped on pairs of
    validation people; CosFace's scale is 24 and its margin 0.2, for hundreds of people.
    """

    evidence = "matcher"

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """The fields for VGG-Face."""
        from bench.nn.weights import backbone_of

        if backbone_of(state) != "vggface":
            return ""
        width = PUBLISHED_WIDTHS["vggface"]
        return f"backbone=vggface,width={width},weights={{name}},sha256={{sha256}}"
