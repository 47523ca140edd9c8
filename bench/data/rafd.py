"""RaFD: posed expressions, seen by five cameras."""

import re
from dataclasses import dataclass

from bench.data.official import GENDERS, Cells, Official, register
from bench.faces import Target

_EXPRESSIONS = {"angry": "anger", "contemptuous": "contempt", "disgusted": "disgust"}
_EXPRESSIONS |= {"fearful": "fear", "happy": "joy", "neutral": "neutral", "sad": "sadness"}
_EXPRESSIONS |= {"surprised": "surprise"}


@register("rafd")
@dataclass(frozen=True)
class RaFD(Official):
    """People who pose expressions and gazes; labels: identity, gender, group, expression, gaze.

    Reads `Rafd090_01_Caucasian_female_angry_frontal.jpg`: angle, person, group, gender, expression,
    gaze. What the five cameras saw at once is a take; hair and clothes are alike in all of them.
    The size of a picture, 681x1024 px, the numbers of the angles and the group `Kid` are
    unconfirmed.

    Source: Langner et al., Cognition and Emotion 24 (2010) [langner2010rafd].

    Licence: for academic research; no picture may be passed on.

    Access: ask at rafd.socsci.ru.nl, and unpack the pictures in the folder `rafd`.
    """

    pictures = "*.jpg"
    example = "Rafd090_01_Caucasian_female_angry_frontal.jpg"
    pattern = re.compile(
        r"/Rafd(?P<angle>000|045|090|135|180)_(?P<identity>\d\d)_(?P<group>[A-Za-z]+)"
        rf"_(?P<gender>female|male)_(?P<expression>{'|'.join(_EXPRESSIONS)})"
        r"_(?P<gaze>frontal|left|right)\.jpg$"
    )
    variants = (("**/*_aligned.jpg", "another set, RAF-DB; get the pictures of RaFD"),)
    extent_px = (681, 1024)
    targets = (
        Target("identity"),
        Target("gender", classes=GENDERS),
        Target("group", classes=("Caucasian", "Kid", "Moroccan")),
        Target("expression", classes=tuple(_EXPRESSIONS.values())),
        Target("gaze", classes=("frontal", "left", "right")),
    )

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels in a picture's name; its take is all of it but the angle."""
        expression = _EXPRESSIONS[found["expression"]]
        take = f"{expression} {found['gaze']}"
        return {**found.groupdict(), "expression": expression, "take": take}
