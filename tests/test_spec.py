import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.spec import Spec
from bench.threats import threat


def test_a_spec_reads_name_preset_and_fields():
    spec = Spec.parse("pprl_vgan@ferg:policy=fixed,person=3")
    assert (spec.name, spec.preset) == ("pprl_vgan", "ferg")
    assert dict(spec.fields) == {"policy": "fixed", "person": "3"}


@pytest.mark.parametrize(
    "value", ["tool --in {in}, x", 'say "a, b"', "it's", "'q'", "a\\", " ", ""]
)
def test_a_quoted_value_may_hold_commas_and_quotes(value):
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    spec = Spec.parse(f"command:per=picture,run={quoted}")
    assert dict(spec.fields) == {"per": "picture", "run": value}


def test_single_quotes_serve_as_well():
    assert dict(Spec.parse("command:run='a, b'").fields) == {"run": "a, b"}


names = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)


@given(names, st.dictionaries(names, st.text("az09./-,=\"'\\{} ", max_size=9)))
def test_a_spec_written_out_reads_back_as_itself(name, fields):
    spec = Spec(name, "", tuple(sorted(fields.items())))
    assert Spec.parse(str(spec)) == spec


@pytest.mark.parametrize(
    "text", ["", "blur:sigma", "blur:=3", "blur:,", "blur:a=1,a=2", "a b", "blur:a=1,"]
)
def test_what_is_no_spec_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Spec.parse(text)


@pytest.mark.parametrize("text", ["unaware", "aware@strong", "aware:draw=2", "aware:draws=0"])
def test_an_unknown_threat_or_field_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        threat(Spec.parse(text))
