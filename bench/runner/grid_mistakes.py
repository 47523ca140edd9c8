"""Mistakes in a grid's TOML, in words: where, what was expected, what was found, an example."""

import re
import reprlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bench.names import hint

_EXAMPLES: Mapping[str, str] = {
    "name": 'name = "mine"',
    "seeds": "seeds = [0, 1]",
    "saturation": "saturation = true",
    "tasks": "[[tasks]]",
    "private": 'private = ["identity"]',
    "utility": 'utility = ["expression"]',
    "data": 'data = "synthetic:people=12"',
    "defenses": 'defenses = ["blur:sigma=0.06"]',
    "attackers": 'attackers = ["cnn", "knn"]',
    "attacks": 'attacks = ["aware_identifier"]',
    "optional": 'optional = ["cnn:backbone=fer,rounds=0"]',
    "threats": 'threats = ["raw", "aware:draws=4"]',
    "utility_threats": 'utility_threats = ["raw", "aware"]',
}
_ADVICE: Mapping[str, str] = {  # by how a message of tomllib begins
    "Cannot overwrite": "this key stands twice; keep one",
    "Cannot declare": "this table stands twice; write `[[tasks]]` above each task",
    "Cannot mutate": "this table was closed; write `[[tasks]]` above each task",
    "Invalid value": 'texts stand in quotes, as in `private = ["identity"]`',
    "Unclosed array": "a list ends with `]`, and commas are between its texts",
}
_AT = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)")


def in_toml(error: tomllib.TOMLDecodeError, text: str) -> str:
    """What is wrong with a file that is not TOML."""
    match = _AT.fullmatch(str(error))
    what, line = match.groups() if match else (str(error), None)
    number = int(line or text.rstrip().count("\n") + 1)
    found = text.splitlines()[number - 1].strip() if text.strip() else ""
    advice = next((a for start, a in _ADVICE.items() if what.startswith(start)), what)
    return f"line {number}: {advice}; got `{reprlib.repr(found)[1:-1]}`"


def in_content(error: ValidationError, text: str, known: Mapping[int, Iterable[str]]) -> list[str]:
    """What is wrong with a file that is not a grid, mistake by mistake.

    `known` are the keys at each depth; without a text there are no line numbers.
    """
    found = error.errors()
    whole = [item for item in found if not any(_explains(other, item) for other in found)]
    return [f"{_place(item['loc'], text)}: {_said(item, known)}" for item in whole]


def _explains(other: ErrorDetails, item: ErrorDetails) -> bool:
    """Whether a mistake is why another seems to be one.

    A list that lost its wrong entries is too short, and a mistyped key is missing.
    """
    (*parent, key), place = other["loc"] or ("",), item["loc"]
    if item["type"] == "missing" and other["type"] == "extra_forbidden":
        return parent == [*place[:-1]] and "did you mean" in hint(str(key), [str(place[-1])])
    return len(other["loc"]) > len(place) and other["loc"][: len(place)] == place


def _said(item: ErrorDetails, known: Mapping[int, Iterable[str]]) -> str:
    key = next((str(part) for part in reversed(item["loc"]) if isinstance(part, str)), "")
    example = "`" + _EXAMPLES.get(key, f'{key} = "NAME:field=value"') + "`"
    kind, message, got = item["type"], item["msg"], reprlib.repr(item["input"])
    if kind == "value_error":  # ours
        return f"{key}: ".removeprefix(": ") + message.removeprefix("Value error, ")
    if kind == "missing":
        return f"expected a line such as {example}, got none"
    if kind == "extra_forbidden":
        return f"expected a known key, got `{key}`; {hint(key, known[len(item['loc'])])}"
    if kind == "too_short":
        return f"expected one or more, such as {example}, got {got}"
    if kind.endswith(("_type", "_parsing")):
        return f"expected a line such as {example}, got {got}"
    return f"{key}: {message}, got {got}; write for example {example}"


def _place(loc: Sequence[int | str], text: str) -> str:
    """The line of a key; where there is none, of its task."""
    if not text:
        return ".".join(map(str, loc)) or "grid"
    lines = text.splitlines()
    heads = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*tasks\s*\]\]", line)]
    number = loc[1] if len(loc) > 1 and loc[0] == "tasks" and isinstance(loc[1], int) else -1
    start, *ends = heads[number:] if 0 <= number < len(heads) else [0, *heads]
    within = range(start, ends[0] if ends else len(lines))
    for key in (part for part in reversed(loc) if isinstance(part, str)):
        for form in (rf"\s*\[*\s*['\"]?{re.escape(key)}\b", rf".*\b{re.escape(key)}\s*="):
            if found := [n for n in within if re.match(form, lines[n])]:
                return f"line {found[0] + 1}"
    return f"line {start + 1}"
