r"""Tables as LaTeX that needs no package but booktabs, and text that no TeX command can hide in."""

import re
import unicodedata
from collections.abc import Iterable

from bench.tables import Cell, NotAvailable, Number, Table

_SIGNS = {  # what else means something to TeX, or is another sign in its old fonts
    **{sign: rf"\{sign}" for sign in "#$%&_"},
    **{sign: f"{{{sign}}}" for sign in "[]*`"},  # in braces they are no options, nor part of a sign
    **{"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}"},
    **{"^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "|": r"\textbar{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "≤": r"$\leq$", "≥": r"$\geq$", "±": r"$\pm$"},
    **{"→": r"$\rightarrow$", "←": r"$\leftarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$"},
    **{"\u2212": "$-$", "\xd7": r"$\times$", "·": r"$\cdot$", "∞": r"$\infty$", "µ": r"$\mu$"},
    **{"\u2013": r"\textendash{}", "—": r"\textemdash{}", "\u2018": "{`}", "\u2019": "'"},
    **{"“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "…": r"\ldots{}"},
    '"': r"\textquotedblright{}",
    **{"ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ß": r"\ss{}", "ł": r"\l{}"},
    **{"Ł": r"\L{}", "\u0131": r"\i{}", "°": r"$^\circ$"},
}
_LIGATURES = re.compile(r"([-',])(?=\1)")  # such as --, which TeX prints as one sign
_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327"
_ACCENTS = dict(zip(_MARKS, "`'^~=u.\"rHvc", strict=True))
_LETTERS = [chr(code) for code in range(0x3B1, 0x3CA)]  # alpha to omega
_GREEK = re.compile("GREEK SMALL LETTER (?!OMICRON)([A-Z]+)")
_TOP = r"""\begin{table*}[tbp]
\centering\footnotesize\setlength{\tabcolsep}{4pt}"""


def escaped(text: str) -> str:
    """The text as TeX prints it; a sign that its fonts may lack becomes [U+CODE]."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return _LIGATURES.sub(r"\1{}", "".join(map(_sign, words)))


def latex(tables: Iterable[Table], note: str = "") -> str:
    r"""The tables, each in a `table*` with its note and `note` in the caption.

    What stands behind a number, and why there is none, is a footnote: a letter for each text.
    """
    above = r"% For \input in a paper that has \usepackage{booktabs}; see docs/papers.md."
    parts = [_table(table, n, note) for n, table in enumerate(tables, 1)]
    return "\n".join([above, *parts])


def _table(table: Table, n: int, note: str) -> str:
    notes: dict[str, str] = {}
    rows = [[_cell(cell, notes) for cell in row] for row in table.rows]
    numbers = [any(isinstance(cell, Number) for cell in c) for c in zip(*table.rows, strict=True)]
    caption = ". ".join(filter(None, (table.title, table.note, note)))
    columns = "".join("r" if number else "l" for number in numbers)
    lines = [rf"\caption{{{escaped(caption)}}}", rf"\label{{tab:unmask-{n}}}", r"\smallskip"]
    lines += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule"]
    lines += [_line(map(_heading, table.columns, numbers)), r"\midrule", *map(_line, rows)]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if notes:
        said = " ".join(
            rf"\textsuperscript{{{letter}}}\,{escaped(text)}." for text, letter in notes.items()
        )
        lines += ["", rf"\smallskip\parbox{{\linewidth}}{{\raggedright\scriptsize {said}}}"]
    return "\n".join([_TOP, *lines, r"\end{table*}", ""])


def _heading(text: str, is_number: bool) -> str:
    """The heading of a column, that of numbers in two lines, as these are narrow."""
    first, _, last = text.partition(" ")
    if not (is_number and last):
        return escaped(text)
    return rf"\shortstack[r]{{{escaped(first)}\\{escaped(last)}}}"


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell, notes: dict[str, str]) -> str:
    """The cell with the letter of its note; the interval is small."""
    said = cell.reason if isinstance(cell, NotAvailable) else ""
    text = escaped(Table("", (), [[cell]]).texts()[0][0])
    if isinstance(cell, Number):
        value, _, interval = str(cell._replace(note="")).partition(" ")
        parts = [part.replace("-", "$-$") for part in (value, interval)]
        text = rf"{parts[0]} {{\scriptsize {parts[1]}}}" if interval else parts[0]
        said = cell.note
    if not said:
        return text
    return rf"{text}\textsuperscript{{{notes.setdefault(said, _letters(len(notes)))}}}"


def _letters(n: int) -> str:
    """A, b, ..., z, aa, ab, ... for 0, 1, ..."""
    return (_letters(n // 26 - 1) if n >= 26 else "") + chr(ord("a") + n % 26)


def _sign(sign: str) -> str:
    if sign in _SIGNS or (sign.isascii() and sign.isprintable()):
        return _SIGNS.get(sign, sign)
    base, mark = (parts := unicodedata.normalize("NFD", sign))[0], parts[1:]
    if base.isascii() and base.isalpha() and mark in _ACCENTS:
        return rf"\{_ACCENTS[mark]}{{{base}}}"
    if sign in _LETTERS and (found := _GREEK.fullmatch(unicodedata.name(sign))):
        return rf"$\{found[1].lower().replace('lamda', 'lambda')}$"
    return f"{{[}}U+{ord(sign):04X}{{]}}"
