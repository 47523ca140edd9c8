"""PPRL-VGAN: shows another person's face with the picture's expression.

Start with defense.py for what it does and train_config.py for its fields; then read training.py,
adversarial_training.py, losses.py and nets.py. apply/ holds the authors' applications.
"""

from defenses.pprl_vgan import defense as defense
from defenses.pprl_vgan.apply import complete as complete
from defenses.pprl_vgan.apply import morph as morph
from defenses.pprl_vgan.apply import replace as replace
from defenses.pprl_vgan.apply import synthesize as synthesize
