"""PPRL-VGAN: faces of other people with the expression kept, and what can be done with them."""

from defenses.pprl_vgan.apply import complete, morph, replace

__all__ = ["complete", "morph", "replace"]
