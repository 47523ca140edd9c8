"""PPRL-VGAN: another person's face with one's own expression.

Read defense.py for what it does, recipe.py for how it is trained, then game.py, losses.py and
nets.py; apply/ for what its authors use it for.
"""

from defenses.pprl_vgan import defense as defense
from defenses.pprl_vgan.apply import complete as complete
from defenses.pprl_vgan.apply import morph as morph
from defenses.pprl_vgan.apply import replace as replace
