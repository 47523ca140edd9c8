"""Data sets that anybody may download, fetched whole or on from where a download stopped."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_BLOCK = 1 << 20  # bytes
_TIMEOUT_S = 60.0
_WHOLE = 416  # HTTP: nothing lies behind what is here already

Progress = Callable[[int, int], None]  # takes the bytes that are here, and of all; 0 if unknown


class Download(NamedTuple):
    """A file of a data set; archives are unpacked beside it."""

    file: str
    url: str
    sha256: str


_MIRROR = "https://ndownloader.figshare.com/files"
DOWNLOADS: Mapping[str, Sequence[Download]] = {
    # the digest is a user's of the official file (unconfirmed: the authors state none)
    "genki4k": (
        Download(
            "genki4k.tar",
            "https://mplab.ucsd.edu/398/media/genki4k.tar",
            "74776c0a3fac07f1cefc5d8acebf55a71fc870babc68c6b044a87d811b6de999",
        ),
    ),
    # the authors' page is down; mirror and digests are those of scikit-learn's fetch_lfw_people
    "lfw": (
        Download(
            "lfw.tgz",
            f"{_MIRROR}/5976018",
            "055f7d9c632d7370e6fb4afc7468d40f970c34a80d4c6f50ffec63f5a8d536c0",
        ),
        Download(
            "pairs.txt",
            f"{_MIRROR}/5976006",
            "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
        ),
    ),
}


def fetched(download: Download, folder: Path, progress: Progress) -> Path:
    """The file in the folder, unpacked there if it is an archive; a whole one is not fetched again.

    Raises:
        ConnectionError: if the server fails or stops; what has come is kept, to go on from there.
        ValueError: if it is another file, which is then removed, unless it was there before.
    """
    path = folder / download.file
    if not path.is_file():
        _download(download, path, progress)
    elif _digest(path) != download.sha256:
        raise ValueError(
            f"expected {path} with SHA-256 {download.sha256}, got another file; remove it and run "
            "this again"
        )
    if path.suffix in (".tar", ".tgz"):
        shutil.unpack_archive(path, folder, filter="data")
    return path


def _download(download: Download, path: Path, progress: Progress) -> None:
    """Writes the file once all of it has come and is the expected one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    _fetch(download.url, part, progress)
    if (digest := _digest(part)) != download.sha256:
        n_bytes = part.stat().st_size
        part.unlink()
        raise ValueError(
            f"expected {download.file} with SHA-256 {download.sha256}, got {digest} "
            f"({n_bytes} bytes) from {download.url}: it is removed; try again, or fetch it "
            f"elsewhere to {path.parent}"
        )
    part.replace(path)


def _fetch(url: str, part: Path, progress: Progress) -> None:
    """Appends to a file what it lacks."""
    here = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={here}-"} if here else {})
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:
            goes_on = answer.status == 206  # else the server sends all of it
            here = here if goes_on else 0
            n_all = here + int(answer.headers.get("Content-Length", 0))
            with part.open("ab" if goes_on else "wb") as opened:
                for block in iter(partial(answer.read, _BLOCK), b""):
                    opened.write(block)
                    here += len(block)
                    progress(here, n_all)
    except HTTPError as error:
        if error.code != _WHOLE:
            raise ConnectionError(f"cannot download {url}: {error}") from error
    except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
        raise ConnectionError(f"cannot download {url}: {error}; run this again to go on") from error
    else:
        if here < n_all:
            raise ConnectionError(
                f"{url} stopped at {here} of {n_all} bytes; run this again to go on"
            )


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
