import re
import string
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bench.reports.latex import escaped, latex
from bench.tables import NotAvailable, Number, Table

WORDS = {
    **{"textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textbar": "|"},
    **{"textasciicircum": "^", "textasciitilde": "~", "textless": "<", "textgreater": ">"},
    **{"textquotedblleft": "“", "textquotedblright": '"', "textemdash": "—", "ldots": "…"},
    **{"textendash": "\u2013", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "ss": "ß", "l": "ł"},
    **{"L": "Ł", "i": "\u0131"},
}
MATH = {r"\leq": "≤", r"\geq": "≥", r"\pm": "±", r"\rightarrow": "→", r"\leftarrow": "←"}
MATH |= {r"\uparrow": "↑", r"\downarrow": "↓", "-": "\u2212", r"\times": "\xd7", r"\cdot": "·"}
MATH |= {r"\infty": "∞", r"^\circ": "°", r"\lambda": "λ"}
MARKS = dict(zip("`'^~=u.\"rHvc", "̧̀́̂̃̄̆̇̈̊̋̌", strict=True))
TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]+)\{\}|\\(?P<sign>[#$%&_])|\$(?P<math>[^$]+)\$|\{(?P<braced>[\[\]*`]?)\}"
    r"|\\(?P<mark>[`'^~=u.\"rHvc])\{(?P<base>[A-Za-z])\}|(?P<plain>[^\\{}#$%&_^~\[\]<>|\"`])"
)


def printed(tex):
    """What TeX prints; only what this reads may stand in escaped text."""
    found, at = [], 0
    while at < len(tex):
        match = TOKEN.match(tex, at)
        assert match, (tex, tex[at:])
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind == "word":
            found.append(WORDS[text])
        elif kind == "math":
            found.append(MATH.get(text) or unicodedata.lookup(f"greek small letter {text[1:]}"))
        elif kind == "base":
            found.append(unicodedata.normalize("NFC", text + MARKS[match["mark"]]))
        else:
            found.append(text)
        at = match.end()
    return "".join(found)


def commands(tex):
    return {word for word in re.findall(r"\\([A-Za-z]+|.)", tex) if word.isalpha()}


def check(tex, n_columns):
    """Braces and environments are closed, and rows have one cell per column."""
    depth = 0
    for brace in re.findall("[{}]", tex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]*)\}", tex):
        opened.append(name) if kind == "begin" else None
        assert kind == "begin" or opened.pop() == name
    assert not opened
    body = tex.split(r"\toprule")[1].split(r"\bottomrule")[0].replace(r"\midrule", "")
    rows = [line for line in body.splitlines() if line]
    assert all(line.endswith(r" \\") for line in rows)
    assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in rows} == {n_columns}
    return rows


@given(st.text(string.printable + "äéçñłøßčšůβλωµ≥→±\u2212\u2013“”…", max_size=60))
def test_a_reader_sees_the_text_that_was_given(text):
    expected = " ".join(unicodedata.normalize("NFC", text).split())
    expected = expected.replace("”", '"').replace("µ", "μ")
    assert printed(escaped(text)) == expected


def test_any_sign_is_printed_or_named():
    for code in range(0x3000):
        sign = unicodedata.normalize("NFC", chr(code))
        if len(sign) == 1 and not sign.isspace():
            assert printed(escaped(sign)) in {sign, f"[U+{ord(sign):04X}]", '"', "'", "`", "μ"}
    assert not any("U+" in escaped(sign) for sign in string.printable)


def test_what_the_old_fonts_lack_is_named():
    assert escaped("中 \u00a0\x00") == "{[}U+4E2D{]} {[}U+0000{]}"
    assert (
        escaped("e\u0301 β≥5 → 95 % x_1 --")
        == r"\'{e} $\beta$$\geq$5 $\rightarrow$ 95 \% x\_1 -{}-"
    )


HOSTILE = st.lists(
    st.sampled_from(
        (
            *(r"\input{/etc/passwd}", r"\write18{ls}", "%", "#1", "&", r"\\", "[", "*", "$", "}"),
            *("{", r"\end{table*}", r"\catcode`\@=0", "^^5c", "~", "_", "\n\n", "é", "a"),
        )
    ),
    max_size=6,
).map("".join)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_name_of_a_data_set_or_plugin_is_a_command(title, name, reason):
    rows = [[name, Number(0.5, 0.4, 0.6, note=reason), NotAvailable(reason, name)]]
    tex = latex([Table(title, [name, "leaks " + name, title], rows, note=reason)], note=title)
    check(tex, 3)
    ours = {"begin", "end", "caption", "label", "centering", "footnotesize", "scriptsize", "par"}
    ours |= {"setlength", "tabcolsep", "toprule", "midrule", "bottomrule", "smallskip", "parbox"}
    ours |= {"linewidth", "raggedright", "textsuperscript", "shortstack", "usepackage", "input"}
    assert commands(tex) <= ours | set(WORDS)
    assert tex.count(r"\input") == 1  # of the comment above
    assert "^^" not in tex
    assert all("%" not in line or r"\%" in line for line in tex.splitlines()[1:])


def test_a_row_begins_with_no_option_of_the_line_before():
    rows = check(latex([Table("", ["a", "b"], [["[3cm]", "*"], ["*", "[1]"]])]), 2)
    assert rows[1:] == [r"{[}3cm{]} & {*} \\", r"{*} & {[}1{]} \\"]


def test_each_note_is_one_footnote_and_n_a_has_its_reason():
    number = Number(-0.015, -0.061, 0.112, note="2 of 3 fits")
    rows = [
        ["x", number, NotAvailable("no code")],
        ["y", number, NotAvailable("no code", "failed")],
    ]
    tex = latex([Table("Title", ["defense", "gender leaked, %", "verdict"], rows, "How.")])
    value = r"$-$1.5 {\scriptsize [$-$6.1, 11.2]}\textsuperscript{a}"
    assert check(tex, 3) == [
        r"defense & \shortstack[r]{gender\\leaked, \%} & verdict \\",
        rf"x & {value} & n/a\textsuperscript{{b}} \\",
        rf"y & {value} & failed\textsuperscript{{b}} \\",
    ]
    assert r"\caption{Title. How.}" in tex
    assert r"\textsuperscript{a}\,2 of 3 fits. \textsuperscript{b}\,no code.}" in tex
    assert r"\begin{tabular}{lrl}" in tex


def test_after_z_come_aa_and_ab():
    rows = [[str(n), NotAvailable(f"reason {n}")] for n in range(28)]
    tex = latex([Table("", ["a", "b"], rows)])
    letters = re.findall(r"n/a\\textsuperscript\{(\w+)\}", tex)
    assert letters == [*string.ascii_lowercase, "aa", "ab"]
