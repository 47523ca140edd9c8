"""PPRL-VGAN: another person's face with one's own expression.

Read defense.py for what it does, recipe.py for how it is trained, then losses.py and nets.py.
"""

from defenses.pprl_vgan import defense as defense
