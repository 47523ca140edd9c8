"""A synthetic person in the pose, expression and light of a photograph.

defense.py is the plugin, numbers.py says what y holds, regressor.py reads it off a picture.
"""

from defenses.surrogate_3d import defense as defense
