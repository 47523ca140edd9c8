"""The threats, written like plugins: `aware:draws=4,told=c`, `raw:gallery=true`."""

from dataclasses import replace

from bench.api import Form, Threat
from bench.spec import Spec, coerced

RAW = Threat("raw", learns_from="raw", enrolls="raw", answers_about="protected")
THREATS = {
    threat.name: threat
    for threat in (
        RAW,
        Threat("lazy", learns_from="raw", enrolls="protected", answers_about="protected"),
        Threat("aware", learns_from="protected", enrolls="protected", answers_about="protected"),
        Threat("latent", learns_from="codes", enrolls="codes", answers_about="codes"),
        Threat("reread", learns_from="codes", enrolls="codes", answers_about="reread"),
    )
}


def reads(how: Threat) -> Form:
    """What an attacker is shown: codes also where they are read off pixels that are given out."""
    return "codes" if how.answers_about in ("codes", "reread") else "pixels"


def threat(spec: Spec) -> Threat:
    """The threat that a spec names.

    Raises:
        ValueError: if there is none, or it has no such field or value.
    """
    known = THREATS.get(spec.name)
    if known is None:
        raise ValueError(f"no threat is called {spec.name!r}; there are {sorted(THREATS)}")
    fields = dict(spec.fields)
    told = str(fields.pop("told", ""))
    draws, queries = (_count(spec, fields.pop(name, 1)) for name in ("draws", "queries"))
    try:
        gallery = bool(coerced(fields.pop("gallery", False), bool))
    except ValueError as error:
        raise ValueError(f"threat `{spec}`: gallery: {error}") from error
    if fields:
        raise ValueError(
            f"threat `{spec}` has draws, queries, told and gallery, not {sorted(fields)}"
        )
    grants = frozenset(told.split("+")) if told else frozenset[str]()
    return replace(known, draws=draws, queries=queries, grants=grants, gallery=gallery)


def _count(spec: Spec, value: object) -> int:
    if not str(value).isdecimal() or int(str(value)) < 1:
        raise ValueError(f"threat `{spec}`: draws and queries are counts from 1, got {value!r}")
    return int(str(value))
