"""Conditional BEGAN-CS: generates a face from attributes and noise.

Start with defense.py for what it does and train_config.py for its fields; then read training.py and
nets.py. apply/ holds the authors' application.
"""

from defenses.began_cs import defense as defense
from defenses.began_cs.apply import surrogate as surrogate
