"""Semi-adversarial networks: defenses that hide gender and keep matching."""

from defenses.san.defense import SAN
from defenses.san.ensemble import SANEnsemble
from defenses.san.flow import FlowSAN
from defenses.san.pattern import PrototypePattern

__all__ = ["SAN", "FlowSAN", "PrototypePattern", "SANEnsemble"]
