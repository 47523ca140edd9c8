"""GENKI-4K: faces from the web, smiling or not."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.data.csv_files import number_or_nan
from bench.data.official import Entry, Unidentified, register
from bench.data.synthetic.pictures import POSE_RANGES
from bench.faces import Target


@register("genki4k")
@dataclass(frozen=True)
class GENKI4K(Unidentified):
    """Photographs of unknown people from the web; labels: smile, and yaw, pitch and roll.

    Reads `files/file0001.jpg` and `labels.txt`: smile (0, 1), yaw, pitch, roll in radians. Angles
    are put on the scale of `synthetic`, 0..1; whether their signs agree is unconfirmed.

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
            ValueError: if a picture has no line, or that line is not four numbers.
        """
        table = self.tables[0]
        lines = [line.split() for line in table.read_text("utf-8", "replace").splitlines()]
        for path, cells in super().entries():
            number = int(str(cells["number"]))
            words = lines[number - 1] if 0 < number <= len(lines) else []
            smile, *angles = map(number_or_nan, words or [""])
            if smile not in (0, 1) or len(angles) != 3 or not all(map(math.isfinite, angles)):
                raise ValueError(
                    f"{table}, line {number}: expected 0 or 1 and three angles of {path.name}, "
                    f"got {' '.join(words) or 'no line'!r}; restore the file"
                )
            yield path, {"smile": ("no", "yes")[int(smile)], **_fractions(angles)}


def _fractions(radians: list[float]) -> dict[str, float]:
    """Angles by name, 0..1 for -range..range."""
    pairs = zip(POSE_RANGES.items(), radians, strict=True)
    shares = {name: 0.5 + math.degrees(angle) / most / 2 for (name, most), angle in pairs}
    return {name: min(max(share, 0.0), 1.0) for name, share in shares.items()}
