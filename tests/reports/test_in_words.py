import pytest

from bench.reports.in_words import heading, lines_of_text, sentences
from bench.reports.records import Record

BASE = Record(
    task="hide identity, keep smile",
    data="synthetic",
    protocol="closed",
    learned_from="",
    purpose="private",
    target="identity",
    defense="blur:sigma=0.06",
    attacker="cnn:steps=5",
    threat="aware",
    form="pixels",
    seed=0,
    share=1.0,
    chosen=1,
    sign=1,
    metric="top1",
    value=0.18,
    low=0.1,
    high=0.3,
    n=48,
    n_people=12,
    chance=0.08,
    status="ok",
    reason="",
    marks="",
    key="k",
)
LEAKAGE = {"purpose": "headline", "metric": "leakage", "chance": 0.0}
NONE = {"defense": "none", "threat": "raw"}


def records(verdict="inconclusive", **changed):
    """Of `none` and blur: the strongest attack's share right and its leakage; and what is kept."""
    kept = {"purpose": "utility", "target": "smile", "metric": "kept", "value": 0.9}
    both = [
        BASE._replace(**NONE, value=0.22),
        BASE._replace(**NONE, **LEAKAGE, value=1.0, low=0.9, high=1.1, verdict="reference"),
        BASE,
        BASE._replace(**LEAKAGE, value=0.7, low=0.6, high=0.8, verdict=verdict, reason="x: y; z"),
        BASE._replace(**kept),
    ]
    return [record._replace(**changed) for record in both]


@pytest.mark.parametrize(
    ("verdict", "so"),
    [
        ("inconclusive", "too weak to conclude"),
        ("leaks", "it leaks, see x: y"),
        ("hidden as far as tried", "hidden, as far as tried"),
        ("carries y and nothing else", "carries y and nothing else"),
    ],
)
def test_a_verdict_is_a_sentence(verdict, so):
    assert list(sentences(records(verdict))) == [
        "blur: of 12 people, an attacker who learned from releases (cnn) named 18 % (a guess 8 %); "
        f"unprotected 22 %: {so}"
    ]


def test_pairs_and_other_targets_have_words_of_their_own():
    (of_pairs,) = sentences([r._replace(metric=r.metric.replace("top1", "auc")) for r in records()])
    assert "(cnn) told who is who in 18 % of pairs (a guess" in of_pairs
    (of_gender,) = sentences(
        [r._replace(target=r.target.replace("identity", "gender")) for r in records()]
    )
    assert "(cnn) told the gender of 18 % (a guess" in of_gender


def test_references_and_old_boards_have_no_sentence():
    assert list(sentences(records(""))) == []
    assert list(sentences(records(status="failed"))) == []


def test_narrow_output_is_a_line_for_each_defense_and_never_cut():
    reason = "not-shown-strong: " + "a long reason " * 20
    found = [r._replace(reason=reason) for r in records()]
    lines = list(lines_of_text(found, is_narrow=True))
    assert lines[0] == "HIDE IDENTITY, KEEP SMILE"
    blur = f"- blur, picture: keeps smile 90 %, leaks 70 % [60, 80]; inconclusive: {reason}"
    assert blur in lines
    assert not any("..." in line for line in (*lines, *lines_of_text(found)))


def test_wide_output_is_aligned():
    head, none, blur, *_ = lines_of_text(records())
    assert head.index("leaks [95 %]") + len("leaks [95 %]") == blur.index("]") + 1
    assert none.index("reference") == blur.index("inconclusive")


def test_a_heading_counts_pictures_and_people_also_where_no_attack_was_strong():
    found = [r._replace(n=0, n_people=0) if r.purpose == "headline" else r for r in records()]
    assert heading(found, "mine") == "mine: synthetic: 48 pictures of 12 people, 1 fit"


def test_a_run_about_utility_alone_says_so():
    found = [r for r in records() if r.purpose == "utility"]
    assert heading(found, "mine") == "mine: synthetic: 48 pictures of 12 people, 1 fit"
    assert "no attack on a private target was asked for; table.md has the utility" in [
        *lines_of_text(found)
    ]
