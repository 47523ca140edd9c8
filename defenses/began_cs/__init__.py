"""Conditional BEGAN-CS: a face that nobody has, made of ten attributes and noise.

Read defense.py for what it does, recipe.py for how it is trained, then losses.py and nets.py;
apply/ for what its authors use it for.
"""

from defenses.began_cs import defense as defense
from defenses.began_cs.apply import surrogate as surrogate
