"""Names that come from files, as file names: a name never becomes a path unchecked."""

import hashlib
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
