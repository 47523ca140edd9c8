"""Names from outside: as file names (a name never becomes a path unchecked), and mistyped ones."""

import difflib
import hashlib
from collections.abc import Iterable
from urllib.parse import quote

MAX_LENGTH = 120  # of a file name without suffix; file systems allow 255 bytes


def file_name(name: str) -> str:
    """One path component for a name, different for different names.

    ASCII letters, digits, `_`, `-`, `~`, inner dots and inner spaces stay; all else is
    percent-encoded, so the component is never empty, hidden, `..`, or a path of several parts. The
    end of a long name becomes a digest.
    """
    quoted = quote(name, safe=" ", errors="surrogatepass") or "%"
    if quoted[0] in ". ":
        quoted = f"%{ord(quoted[0]):02X}{quoted[1:]}"
    if quoted[-1] in ". ":
        quoted = f"{quoted[:-1]}%{ord(quoted[-1]):02X}"
    if len(quoted) > MAX_LENGTH:
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
        quoted = f"{quoted[: MAX_LENGTH - 17]}%{digest}"
    return quoted


def hint(name: str, known: Iterable[str]) -> str:
    """What a person who wrote an unknown name may have meant: the nearest name, or all of them."""
    names = sorted(known)
    if near := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(names)}" if names else "there are none"
