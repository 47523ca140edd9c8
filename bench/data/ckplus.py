"""CK+: posed expressions in sequences that end at their peak."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bench.api import field
from bench.data.csv_files import number_or_nan, text_of
from bench.data.official import Entry, Official, and_more, register
from bench.faces import Target

_EXPRESSIONS = ("neutral", "anger", "contempt", "disgust", "fear", "joy", "sadness", "surprise")


@register("ckplus")
@dataclass(frozen=True)
class CKPlus(Official):
    """The last frames of labelled sequences; labels: identity, expression; takes are sequences.

    Reads `cohn-kanade-images/S005/001/S005_001_00000011.png` and, of the labelled sequences,
    `Emotion/S005/001/S005_001_00000011_emotion.txt` with 0 neutral, 1 anger, 2 contempt, 3 disgust,
    4 fear, 5 happy, 6 sadness, 7 surprise. Folders and numbers are unconfirmed; that 3 frames of a
    sequence are taken is derived from CK+48, which has 981 pictures of 327 sequences.

    Source: Lucey et al., CVPR-W 2010 [lucey2010ckplus].

    Licence: for research that is not commercial; only some people's pictures may be published.

    Access: ask the affect analysis group of the University of Pittsburgh (jeffcohn.net/Resources),
        and unpack extended-cohn-kanade-images.zip and Emotion_labels.zip in the folder `ckplus`.
    """

    frames: int = field(3, about="last ones of a sequence; 3 in CK+48", within="[1, 100]")

    pictures = "cohn-kanade-images/*/*/*.png"
    example = "cohn-kanade-images/S005/001/S005_001_00000011.png"
    pattern = re.compile(
        r"/(?P<identity>S\d{3})/(?P<take>\d{3})/(?P=identity)_(?P=take)_\d{8}\.png$"
    )
    variants = (
        ("**/CK+48*", "pictures cropped to 48 px; get the original sequences"),
        ("**/S*_*_*.png", "pictures in other folders, as in CK+48; get the original sequences"),
    )
    targets = (Target("identity"), Target("expression", classes=_EXPRESSIONS))

    @property
    def tables(self) -> Sequence[Path]:
        """The files of labels."""
        example = "Emotion/S005/001/S005_001_00000011_emotion.txt"
        return self._found("Emotion/*/*/*_emotion.txt", example)

    def entries(self) -> Iterator[Entry]:
        """The last frames of each labelled sequence."""
        labelled = {path.parent.parts[-2:]: _expression(path) for path in self.tables}
        unseen = set(labelled)
        for sequence, taken in groupby(super().entries(), lambda e: e[0].parent.parts[-2:]):
            unseen.discard(sequence)
            if sequence in labelled:
                for path, cells in list(taken)[-self.frames :]:
                    yield path, {**cells, "expression": labelled[sequence]}
        if unseen:
            raise ValueError(
                f"expected pictures of each labelled sequence, got none of {'/'.join(min(unseen))}"
                f"{and_more(unseen)}; restore them, or remove the labels"
            )


def _expression(path: Path) -> str:
    """The expression in a file of one number.

    Raises:
        ValueError: if it holds something else.
    """
    number = number_or_nan(text := text_of(path).strip())
    if number not in range(len(_EXPRESSIONS)):
        raise ValueError(f"{path}: expected one number from 0 to 7, got {text[:80]!r}; restore it")
    if path.name.split("_")[:2] != list(path.parent.parts[-2:]):
        raise ValueError(f"expected the label of its folder, got {path}; move it to its own")
    return _EXPRESSIONS[int(number)]
