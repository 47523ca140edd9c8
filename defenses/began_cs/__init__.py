"""Conditional BEGAN-CS: a generated face, made of ten attributes and noise.

Read defense.py for what it does, train_config.py for its fields, then training.py, losses.py and
nets.py; apply/ holds its authors' application.
"""

from defenses.began_cs import defense as defense
from defenses.began_cs.apply import surrogate as surrogate
