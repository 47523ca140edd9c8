"""Attacks by name: an attacker with its threats and the target that it asks about."""

from collections.abc import Mapping
from typing import NamedTuple

from bench.names import hint
from bench.spec import Spec


class Attack(NamedTuple):
    """An attack as a paper describes it.

    Attributes:
        about: one line for `bench list`.
        target: what it asks about.
        attacker: with the fields of the grid `quick`.
        threats: what it learns from and sees.
    """

    about: str
    target: str
    attacker: Spec
    threats: tuple[Spec, ...]


_RAW, _AWARE, _LATENT = Spec("raw"), Spec("aware"), Spec("latent")
_CNN = Spec.parse("cnn:batch=48,steps=60,rounds=4,lr=0.003")
_MLP = Spec.parse("mlp:steps=100,rounds=3")
_GENDER = Spec.parse("cnn:batch=48,steps=40,rounds=3,lr=0.003")
_MATCHER = Spec.parse("matcher:backbone=pprl,batch=48,steps=40,rounds=3")
_I = "identifies people in releases, having learned from raw pictures (PPRL-VGAN, scenario I)"
_II = "identifies people in releases, having learned from releases (PPRL-VGAN, scenario II)"
_III = "identifies people by codes, having learned from codes (PPRL-VGAN, scenario III)"
_TELLS = "tells gender, having learned from raw pictures (as SAN is evaluated) or releases"
_MATCHES = "matches people, having learned from raw pictures (as SAN is evaluated) or releases"
ATTACKS: Mapping[str, Attack] = {
    "raw_identifier": Attack(_I, "identity", _CNN, (_RAW,)),
    "aware_identifier": Attack(_II, "identity", _CNN, (_AWARE,)),
    "latent_identifier": Attack(_III, "identity", _MLP, (_LATENT,)),
    "gender": Attack(_TELLS, "gender", _GENDER, (_RAW, _AWARE)),
    "face_matcher": Attack(_MATCHES, "identity", _MATCHER, (_RAW, _AWARE)),
}


def attack(name: str) -> Attack:
    """The attack of that name.

    Raises:
        ValueError: if there is none.
    """
    if name not in ATTACKS:
        raise ValueError(f"expected an attack, got {name!r}; {hint(name, ATTACKS)}")
    return ATTACKS[name]
