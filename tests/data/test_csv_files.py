import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.data.csv_files import fault, read_lines
from bench.tables import write_rows

GOOD = "path,identity\na.png,José \n"
ONE_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_any_unicode_and_without_blanks(tmp_path, encoding):
    (tmp_path / "a.csv").write_text(GOOD, encoding=encoding)
    columns, (line,) = read_lines(tmp_path / "a.csv")
    assert columns == ["path", "identity"]
    assert (line.number, line.cells) == (2, {"path": "a.png", "identity": "José"})


def test_another_encoding_is_named_with_its_lines(tmp_path):
    text = "path,identity\na.png,Ann\nb.png,José\nc.png,Zoë\n"
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="line 3") as caught:
        read_lines(tmp_path / "a.csv")
    assert str(caught.value) == (
        f"{tmp_path}/a.csv, line 3: expected text in UTF-8, got another encoding, perhaps "
        "Windows-1252, in 'b.png,José' (and 1 more such lines); save it as UTF-8"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"path\na\0.png\n", "line 2: expected text in UTF-8, got a NUL character"),
        (GOOD.encode("utf-16-le"), "line 1: expected text in UTF-8, got a NUL character"),
        (b'path\n"' + b"a" * 200_000, "line 2: expected CSV, got field larger than field limit"),
        (b'path\n"a.png\n', "line 2: expected CSV, got unexpected end of data; is a quote not"),
        (b"path,male, male\n", r"expected a name of its own for each column, got \['male'\]"),
        (b"path,\na.png,\n", r"expected a name of its own for each column, got \[''\]"),
    ],
    ids=["nul", "utf-16", "long", "quote", "twice", "nameless"],
)
def test_what_is_not_such_a_file_is_one_clear_error(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ValueError, match=f"a.csv.*{message}") as caught:
        read_lines(tmp_path / "a.csv")
    assert "\n" not in str(caught.value)


def test_blank_lines_are_skipped_and_others_keep_their_number(tmp_path):
    (tmp_path / "a.csv").write_text("path,identity\n\na,b\n , \nc\nd,e,f\n")
    _, lines = read_lines(tmp_path / "a.csv")
    assert [(line.number, [*line.cells.values()]) for line in lines] == [
        (3, ["a", "b"]),
        (5, []),
        (6, []),
    ]


def test_a_fault_names_file_line_picture_person_and_how_many_more(tmp_path):
    (tmp_path / "a.csv").write_text("path,identity\n1.png,ann\n2.png,bob\n3.png,bob\n")
    _, lines = read_lines(tmp_path / "a.csv")
    assert fault(lines, "it is odd", "fix it") == (
        f"{tmp_path}/a.csv, line 2 (1.png, ann): it is odd (and 2 more such lines); fix it"
    )
    assert fault(lines[1:2], "it is odd", "fix it").endswith(
        "line 3 (2.png, bob): it is odd; fix it"
    )


@ONE_FILE
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=1))
def test_every_text_is_read_back_and_none_is_a_formula(tmp_path, texts):
    write_rows(tmp_path / "a.csv", ["n", "=text"], enumerate(texts))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        for _, cell in [*csv.reader(file)][1:]:
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\n") or float(cell) is not None
    _, lines = read_lines(tmp_path / "a.csv")
    assert [line.cells["=text"] for line in lines] == [text.strip() for text in texts]
