"""PPRL-VGAN: another person's face with the picture's expression.

Read defense.py for what it does, train_config.py for its fields, then adversarial_training.py,
training.py, losses.py and nets.py; apply/ holds its authors' applications.
"""

from defenses.pprl_vgan import defense as defense
from defenses.pprl_vgan.apply import complete as complete
from defenses.pprl_vgan.apply import morph as morph
from defenses.pprl_vgan.apply import replace as replace
