"""GENKI-4K: faces from the web, smiling or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.data.csv_files import number_or_nan, text_of
from bench.data.official import Entry, Unidentified, register
from bench.data.synthetic.pictures import POSE_RANGES
from bench.faces import Target


@register("genki4k")
@dataclass(frozen=True)
class GENKI4K(Unidentified):
    """Photographs of unknown people from the web; labels: smile, and yaw, pitch and roll.

    Reads `files/file0001.jpg` and `labels.txt`: smile (0, 1), yaw, pitch, roll in radians
    (unconfirmed). Angles are put on the scale of `synthetic`, 0..1; whether their signs agree is
    unconfirmed, too.

    Source: MPLab, University of California, San Diego, The MPLab GENKI-4K Dataset [mplab2009genki].

    Licence: for public use, with credit to http://mplab.ucsd.edu, The MPLab GENKI-4K Dataset.

    Access: `bench data get genki4k`, or genki4k.tar from mplab.ucsd.edu/398, unpacked in the folder
        `genki4k`.
    """

    pictures = "files/file*.jpg"
    example = "files/file0001.jpg"
    pattern = re.compile(r"/file(?P<number>\d{4})\.jpg$")
    needs = ("labels.txt",)
    places = ("", "genki4k/")
    variants = (("**/GENKI-R2009a*", "another set, GENKI-R2009a; get genki4k.tar"),)
    targets = (
        Target("smile", classes=("no", "yes")),
        *(Target(name, "continuous") for name in POSE_RANGES),
    )

    def entries(self) -> Iterator[Entry]:
        """The pictures, each with its line of `labels.txt`.

        Raises:
            ValueError: if a picture has no line, a line no picture after it, or other numbers.
        """
        table, pictures = self.tables[0], list(super().entries())
        lines = [line.split() for line in text_of(table).rstrip().splitlines()]
        last = max(int(str(cells["number"])) for _, cells in pictures)
        if len(lines) > last:
            raise ValueError(
                f"{table}: expected a line for each picture, the last file{last:04}.jpg, got "
                f"{len(lines)} lines; restore the file, or the pictures"
            )
        for path, cells in pictures:
            number = int(str(cells["number"]))
            words = lines[number - 1] if 0 < number <= len(lines) else []
            smile, *angles = map(number_or_nan, words or [""])
            known = len(angles) == 3 and all(abs(angle) <= np.pi for angle in angles)
            if smile not in (0, 1) or not known:
                raise ValueError(
                    f"{table}, line {number}: expected 0 or 1 and three angles in radians of "
                    f"{path.name}, got {' '.join(words) or 'no line'!r}; restore the file"
                )
            shares = np.degrees(angles) / [*POSE_RANGES.values()] / 2 + 0.5
            pose = dict(zip(POSE_RANGES, shares.clip(0, 1).tolist(), strict=True))
            yield path, {"smile": ("no", "yes")[int(smile)], **pose}
