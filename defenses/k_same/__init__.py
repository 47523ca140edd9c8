"""k-Same: everybody is shown as the mean of k people.

defense.py is the plugin, grouping.py decides who shares a mean.
"""

from defenses.k_same import defense as defense
