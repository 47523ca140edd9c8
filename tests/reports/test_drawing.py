import base64
import re

import pytest

from bench.reports.drawing import files_of, looks, style, wrapped, write_drawn
from bench.reports.panels import Panel, panels

PANEL = Panel(
    "hide gender", ("false match rate, %", "true match rate, %"), [("none", [0, 1], [0, 1])]
)


def drawn(panel=PANEL):
    return {kind: base64.b64decode(content) for kind, content in panels([panel])}


def test_the_same_figure_has_the_same_bytes(monkeypatch):
    first = drawn()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")  # as if at another time
    assert drawn() == first
    assert set(first) == {"png", "svg", "pdf"}


def test_text_of_vector_files_stays_text():
    found = drawn()
    for word in ("false match rate, %", "true match rate, %", "hide gender", "none", "chance"):
        assert f">{word}</text>" in found["svg"].decode()
    assert b"/Type3" not in found["pdf"]


def test_shares_are_shown_in_percent_and_ranks_as_whole_numbers():
    shares = drawn()["svg"].decode()
    ranks = drawn(Panel("", ("rank", "y, %"), [("none", [1, 2, 3], [0.5, 0.9, 1])]))["svg"].decode()
    assert shares.count(">100</text>") == 2
    assert ranks.count(">100</text>") == 1
    assert {n for n in "123" if f">{n}</text>" in ranks} == set("123")
    assert ">2.5</text>" not in ranks


@pytest.mark.parametrize(("n_panels", "inches"), [(1, 3.5), (2, 7), (4, 7)])
def test_figures_are_as_wide_as_a_column_or_a_page(n_panels, inches):
    long = PANEL._replace(title="a title that is much longer than the panel below it is wide " * 2)
    content = dict(panels([long] * n_panels))["pdf"]
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", base64.b64decode(content))[1]) / 72
    assert inches - 0.1 <= width <= inches + 0.1


def test_each_format_is_a_file(tmp_path):
    with style():
        from matplotlib.figure import Figure

        path = write_drawn(files_of(Figure((1, 1)), ("png", "pdf")), tmp_path, "a.b")
    assert path.name == "a.b.png"
    assert {file.name for file in tmp_path.iterdir()} == {"a.b.png", "a.b.pdf"}


def test_no_two_of_eighteen_defenses_look_alike():
    found = looks(["none", "card", "constant", *(f"defense {n}" for n in range(18))])
    assert len({(kind["color"], kind["linestyle"]) for kind in found.values()}) == 21
    assert len({(kind["color"], kind["marker"]) for kind in found.values()}) == 21
    assert found["defense 0"] == looks(["defense 0"])["defense 0"]  # controls take no colour
    assert looks(["card:utility=joy (code)"])["card:utility=joy (code)"]["fillstyle"] == "none"


def test_all_forms_of_a_defense_have_its_colour_and_marker():
    found = looks(["san", "san (code)", "blur", "san (cleaned)"])
    san = {(found[name]["color"], found[name]["marker"]) for name in found if name != "blur"}
    assert san == {(found["san"]["color"], found["san"]["marker"])}
    assert found["blur"] == looks(["none", "san", "blur"])["blur"]
    assert [found[name]["fillstyle"] for name in found] == ["full", "none", "full", "left"]


def test_specs_break_after_signs_and_get_no_blanks():
    assert wrapped("san@quick:prototype=SM,w=8", 14) == ["san@quick:", "prototype=SM,", "w=8"]
    assert wrapped("san:weights=0123456789abcdef", 16) == ["san:weights=", "0123456789abcdef"]
    assert wrapped("labels=yaw+pitch+roll+AU4", 12) == ["labels=yaw+", "pitch+roll+", "AU4"]
