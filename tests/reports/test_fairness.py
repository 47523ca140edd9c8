from bench.reports.fairness import fairness
from bench.reports.records import Record

BASE = Record(*(kind() for kind in Record.__annotations__.values()))._replace(
    task="t",
    data="toy",
    protocol="open",
    target="glasses",
    attacker="cnn",
    threat="aware",
    chosen=1,
    sign=1,
    status="ok",
)


def numbers(purpose, defense, **values):
    groups = {"right_gender=female": "female", "right_gender=male": "male", "gap_gender": "gap"}
    return [
        BASE._replace(
            purpose=purpose, defense=defense, metric=m, value=v, low=v - 0.1, high=v + 0.1
        )
        for m, name in groups.items()
        if (v := values.get(name)) is not None
    ]


def test_each_target_has_a_table_with_groups_and_gaps():
    records = [
        *numbers("private", "blur", female=0.9, male=0.6, gap=0.3),
        *numbers("private", "none", female=1.0, male=0.98, gap=0.02),
        *numbers("utility", "blur", female=0.5, male=0.5, gap=0.0),
        *(r._replace(chosen=0) for r in numbers("private", "mask", female=0.1, male=0.2, gap=0.1)),
        BASE._replace(purpose="private", defense="blur", metric="auc", value=0.7),
    ]
    hides, keeps = fairness(records)
    assert hides.title == "By group: t: hides glasses, %"
    assert hides.columns == ["defense", "by", "gender=female", "gender=male", "v gap, gender"]
    assert [row[:2] for row in hides.rows] == [["blur", "cnn aware"], ["none", "cnn aware"]]
    assert hides.texts()[0][2:] == ["90.0 [80.0, 100.0]", "60.0 [50.0, 70.0]", "30.0 [20.0, 40.0]"]
    assert keeps.title == "By group: t: keeps glasses, %"
    assert len(keeps.rows) == 1


def test_without_labels_of_groups_there_is_no_table():
    assert fairness([BASE._replace(purpose="private", metric="auc")]) == []
