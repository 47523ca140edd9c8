"""MUG: image sequences of posed expressions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from bench.api import field
from bench.data.official import EXPRESSIONS, Cells, Entry, Official, register
from bench.data.protocols import PROTOCOLS
from bench.faces import Target


@register("mug")
@dataclass(frozen=True)
class MUG(Official):
    """Recordings of people who pose expressions; labels: identity, expression; takes.

    Reads `subjects3/001/anger/take000/*.jpg`, also with `session0/` or `001/` before `anger/`. A
    recording begins and ends with a neutral face, so its first frames are left out. The size of a
    frame, 896x896 px, is unconfirmed.

    Source: Aifanti, Papachristou, Delopoulos, WIAMIS 2010 [aifanti2010mug]; the protocol
        `closed-paper` is that of Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl], whose code has 8
        people.

    Differs from it: which 8 people they took, and how many frames they left out, is unconfirmed;
        here, the first by number, and a second at the 19 frames/s that are reported.

    Licence: a signed one, for research; of 86 people, it gives the pictures of 52 (unconfirmed).

    Access: ask for an account at mug.ee.auth.gr/fed, and unpack the subjects in mug/subjects3.
    """

    protocol: str = field("closed-paper", about="how pictures are split", among=PROTOCOLS)
    people: int = field(0, about="the first so many; 0: all", within="[0, 1e3]")
    skip: int = field(
        19,
        about="first frames of a take that are left out; of a shorter one, all but the last",
        within="[0, 1e4]",
    )

    pictures = "subjects3/**/*.jpg"
    example = "subjects3/001/anger/take000/img_0000.jpg"
    pattern = re.compile(
        r"/(?P<identity>\d{3})/(?:(?P=identity)/|(?P<session>session\d+)/)?(?P<expression>[a-z]+)"
        r"/(?P<take>take\d+)/[^/]+\.jpg$"
    )
    variants = (
        ("**/*.avi", "videos made of the frames; get the frames, .jpg files"),
        ("**/*.mp4", "videos made of the frames; get the frames, .jpg files"),
    )
    extent_px = (896, 896)
    targets = (Target("identity"), Target("expression", classes=EXPRESSIONS))

    def entries(self) -> Iterator[Entry]:
        """Without the first frames of each take, but with its last one."""
        people = list[object]()
        for (who, _), taken in groupby(
            super().entries(), lambda e: (e[1]["identity"], e[1]["take"])
        ):
            people += [who] * (who not in people)
            frames = list(taken)
            if not self.people or len(people) <= self.people:
                yield from islice(frames, min(self.skip, len(frames) - 1), None)

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels of a frame; its take is its recording."""
        expression = found["expression"].replace("happiness", "joy")
        take = f"{found['session']} {expression} {found['take']}"
        return {"identity": found["identity"], "expression": expression, "take": take}
