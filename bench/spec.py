"""How plugins are named in grids and on the command line."""

import re
from dataclasses import dataclass

Value = bool | int | float | str

_FORM = re.compile(r"(?P<name>\w+)(@(?P<preset>\w+))?(:(?P<fields>.*))?")
_QUOTED = r'"(?:[^"\\]|\\.)*"'  # in which a backslash escapes the next character
_PART = re.compile(rf"((?:{_QUOTED}|'[^']*'|[^,])*),")
_NEEDS_QUOTES = re.compile(r"""[,"'\\]|^\s|\s$""")


@dataclass(frozen=True)
class Spec:
    """A plugin's name with its fields: `NAME[@PRESET][:field=value,...]`.

    A value may stand in quotes, as it must if it has commas.

    Attributes:
        name: as registered.
        preset: a named set of fields; empty for the defaults.
        fields: (name, value) pairs that override preset and defaults, sorted by name.
    """

    name: str
    preset: str = ""
    fields: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Spec":
        """The spec that a text such as `blur:sigma=0.06` stands for.

        Raises:
            ValueError: if the text has another form or names a field twice.
        """
        match = _FORM.fullmatch(text.strip())
        if not match:
            raise ValueError(f"a spec is NAME[@PRESET][:field=value,...], got {text!r}")
        fields: dict[str, Value] = {}
        for part in _PART.findall(f"{match['fields']},") if match["fields"] else ():
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not (name.isidentifier() and equals):
                raise ValueError(f"expected field=value, got {part!r} in {text!r}")
            if name in fields:
                raise ValueError(f"field {name!r} is given twice in {text!r}; keep one")
            fields[name] = _unquoted(value)
        return cls(match["name"], match["preset"] or "", tuple(sorted(fields.items())))

    def __str__(self) -> str:
        preset = f"@{self.preset}" if self.preset else ""
        fields = ",".join(f"{name}={text_of(value)}" for name, value in self.fields)
        return f"{self.name}{preset}{':' if fields else ''}{fields}"


def _unquoted(value: str) -> str:
    if re.fullmatch(_QUOTED, value):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value[1:-1] if re.fullmatch("'[^']*'", value) else value


def text_of(value: Value) -> str:
    """A field's value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _NEEDS_QUOTES.search(text):
        return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return text


def coerced(name: str, text: Value, kind: type) -> Value:
    """The text as a value of its field's type.

    Raises:
        ValueError: if it is not one.
    """
    if kind is bool:
        if str(text).lower() in ("true", "false"):
            return str(text).lower() == "true"
        raise ValueError(f"expected {name} to be true or false, got {text!r}")
    if kind not in (int, float, str):
        raise ValueError(f"expected {name} to be bool, int, float or str, not {kind.__name__}")
    try:
        value: Value = kind(text)
    except ValueError as error:
        raise ValueError(f"expected {name} to be of type {kind.__name__}, got {text!r}") from error
    return value
