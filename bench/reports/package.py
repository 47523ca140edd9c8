"""The Frictionless data package (specs.frictionlessdata.io, version 1) that describes a CSV."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

COLUMNS = (  # of the CSV: name, type of Table Schema, description
    ("cell", "integer", "line of unmask.cells, which has task, seed and marks"),
    ("purpose", "string", "private, utility, headline, release, or a control"),
    ("target", "string", "what is attacked; empty for a release before any attacker"),
    ("defense", "string", "label, see unmask.labels"),
    ("attacker", "string", "label; empty for a release before any attacker"),
    ("threat", "string", "label; empty for a release before any attacker"),
    ("metric", "string", "defined in the metrics page of the docs of this suite"),
    ("value", "number", "the estimate: a fraction 0..1, dB, bits, or the target's unit"),
    ("low", "number", "lower end of the 95 % interval over people"),
    ("high", "number", "upper end of the 95 % interval over people"),
    ("chance", "number", "of the best constant guess; empty if there is no such level"),
    ("n", "integer", "pictures behind the number"),
    ("chosen", "integer", "1: of the attacker that is strongest on validation pictures"),
    ("fits", "integer", "trainings of the defense that the number is a mean of"),
    ("status", "string", "ok, failed or skipped"),
    ("verdict", "string", "of a headline; else empty"),
    ("cleaned", "integer", "1: attackers saw the release after cleaning; empty: 0"),
)
_FLAG, _NEEDED = {"minimum": 0, "maximum": 1}, {"required": True}
_LIMITS: Mapping[str, Mapping[str, object]] = {  # of columns, as Table Schema has them
    **dict.fromkeys(("purpose", "defense", "metric", "value"), _NEEDED),
    "cell": {**_NEEDED, "minimum": 0},
    "n": {**_NEEDED, "minimum": 0},
    "fits": {**_NEEDED, "minimum": 1},
    "chosen": {**_NEEDED, **_FLAG},
    "cleaned": _FLAG,
    "status": {**_NEEDED, "enum": ["ok", "failed", "skipped"]},
}


def package(file: str, content: bytes, title: str) -> dict[str, object]:
    """The data package of a CSV with these bytes."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", Path(file).stem.lower())
    fields = [
        {"name": name, "type": kind, "description": about}
        | ({"constraints": _LIMITS[name]} if name in _LIMITS else {})
        for name, kind, about in COLUMNS
    ]
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    resource: dict[str, object] = {"profile": "tabular-data-resource", "name": slug, "path": file}
    resource |= {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    resource |= {"bytes": len(content), "hash": digest}
    resource["schema"] = {"fields": fields, "missingValues": [""]}
    about = {"profile": "tabular-data-package", "name": slug, "title": title}
    return {**about, "resources": [resource]}


def as_json(value: object, depth: int = 1) -> str:
    """JSON with what fits on a line, and each row of a table, on one line."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    start, end = "\n" + " " * depth, "\n" + " " * (depth - 1)
    if isinstance(value, dict) and len(text) > 120:
        items = [f"{json.dumps(str(k))}: {as_json(item, depth + 1)}" for k, item in value.items()]
        return "{" + start + f",{start}".join(items) + end + "}"
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        return "[" + start + f",{start}".join(as_json(v, depth + 1) for v in value) + end + "]"
    return text
