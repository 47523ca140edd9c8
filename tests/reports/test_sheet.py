import numpy as np

from bench.reports.sheet import NAME_PX, TITLE_PX, Strip, drawn


def test_the_end_of_a_long_name_can_be_read():
    strip = Strip(np.zeros((1, 3, 4, 4), np.uint8))
    long = "prototype_pattern:aligned=true,classifier=vgg,prototype=SM,w="
    first, second = (np.array(drawn("data", {f"{long}{w}": strip})) for w in ("6.0", "8.0"))
    assert (first[TITLE_PX:] != second[TITLE_PX:]).any()
    assert (first[TITLE_PX:, NAME_PX - 4 : NAME_PX] == 255).all()  # no line is too long
