"""CSV files of questions to a program outside, and of its answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data.csv_files import Line, fault, number_or_nan, read_lines
from bench.data.outside_scores import IDENTITY, Scores, templates
from bench.names import file_name, hint
from bench.tables import write_rows

QUESTIONS = "questions"
Key = tuple[str, ...]  # names of pictures: of one, or of probe and gallery

_FILE, _PAIR, _SIMILARITY = ("file",), ("probe", "gallery"), "similarity"
_SUFFIX = ".csv"


def write_questions(
    export: Path, target: str, keys: Iterable[Key], classes: Collection[str]
) -> str:
    """Writes the questions about a target, with a column for each class; returns the file name."""
    name = f"{file_name(target)}{_SUFFIX}"
    columns = _PAIR if target == IDENTITY else (*_FILE, *classes)
    rows = ((*key, *[""] * (len(columns) - len(key))) for key in keys)
    write_rows(export / QUESTIONS / name, columns, sorted(rows))
    return name


def answers_in(export: Path, path: Path, target: str = "") -> Scores:
    """The program's answers to all that it was asked about a target.

    Args:
        export: the folder of `bench scores export`.
        path: a CSV of the answers.
        target: by default the only one whose columns the CSV has.

    Raises:
        FileNotFoundError: if there are no questions in `export`.
        ValueError: if a column or an answer is missing, an answer is there twice, or several
            targets fit.
    """
    columns, lines = read_lines(path)
    asked, numbers = _fitting(export, path, target, columns)
    found = _answers(lines, numbers, asked)
    if asked.stem == IDENTITY:
        return templates({(first, second): row[0] for (first, second), row in found.items()})
    values, classes = np.array([*found.values()]), _classes(asked)  # (N, C), or (N, 1)
    if numbers != classes:
        signs = [0.5 if numbers == (f"P({name})",) else -0.5 for name in classes]
        values = _log_odds(values, path) * signs  # (N, 2)
    pictures = tuple(name for (name,) in found)
    return Scores(pictures, values.astype(np.float32), classes, asked.stem)


def _fitting(
    export: Path, path: Path, target: str, columns: Sequence[str]
) -> tuple[Path, tuple[str, ...]]:
    """The file of questions that the columns of `path` answer, and those of its numbers."""
    fitting = {
        asked: numbers
        for asked in _questions(export, target)
        if (numbers := _numbers_for(asked, columns))
    }
    if not fitting:
        raise ValueError(
            f"expected in {path}, between commas, the columns probe, gallery and similarity, or "
            f"file and those of a CSV in {export / QUESTIONS} (or P(CLASS)), got {columns}; rename "
            "them"
        )
    if len(fitting) > 1:
        names = " and ".join(asked.stem for asked in fitting)
        raise ValueError(f"expected --target, answers fit {names}; name one")
    ((asked, numbers),) = fitting.items()
    return asked, numbers


def _questions(export: Path, target: str) -> list[Path]:
    """The files of questions: of one target, or of all."""
    files = sorted((export / QUESTIONS).glob(f"*{_SUFFIX}"))
    if not files:
        raise FileNotFoundError(f"expected a folder of `bench scores export`, got {export}")
    chosen = [path for path in files if not target or path.stem == file_name(target)]
    if not chosen:
        known = (path.stem for path in files)
        raise ValueError(f"expected a target of {export}, got {target!r}; {hint(target, known)}")
    return chosen


def _classes(asked: Path) -> tuple[str, ...]:
    return tuple(read_lines(asked)[0][1:])


def _numbers_for(asked: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of the answers to a file of questions; empty if they are not there."""
    if asked.stem == IDENTITY:
        return (_SIMILARITY,) if {*_PAIR, _SIMILARITY} <= {*columns} else ()
    classes = _classes(asked)
    if len(classes) == 2 and (found := [c for n in classes if (c := f"P({n})") in columns]):
        classes = (found[0],)
    return classes if {*_FILE, *classes} <= {*columns} else ()


def _log_odds(chances: NDArray[np.float64], path: Path) -> NDArray[np.float64]:
    """The log-odds of probabilities; 0 and 1 become one in a million."""
    if len(outside := chances[(chances < 0) | (chances > 1)]):
        raise ValueError(f"expected P(CLASS) in 0..1 in {path}, got {outside[0]:g}; scale it")
    inside = np.clip(chances, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def _answers(
    lines: Sequence[Line], numbers: Sequence[str], asked: Path
) -> Mapping[Key, list[float]]:
    """The numbers of each line that was asked, by the names of its pictures.

    Raises:
        ValueError: if one is not a number, or lines are missing, or there twice.
    """
    if broken := [line for line in lines if not line.cells]:
        raise ValueError(
            fault(broken, "expected a cell for each column, got more or fewer", "fix the line")
        )
    wanted = {_key(line, asked) for line in read_lines(asked)[1]}
    first, twice = dict[Key, Line](), []
    for line in lines:
        key = _key(line, asked)
        if key in first:
            twice.append(line)
        elif key in wanted:  # it may answer more
            first[key] = line
    if twice:
        raise ValueError(fault(twice, "expected one answer, got another before", "remove one"))
    if lacking := sorted(wanted - first.keys()):
        raise ValueError(
            f"expected an answer to each of {len(wanted)} lines of {asked}, got none to "
            f"{len(lacking)}, e.g. {', '.join(lacking[0])}; ask the program again"
        )
    found = {key: [number_or_nan(line.cells[n]) for n in numbers] for key, line in first.items()}
    if bad := [first[key] for key, row in found.items() if not np.isfinite(row).all()]:
        got = ", ".join(bad[0].cells[name] or "''" for name in numbers)
        problem = f"expected numbers in {', '.join(numbers)}, got {got}"
        raise ValueError(fault(bad, problem, "if the program found no face, its lowest score"))
    return found


def _key(line: Line, asked: Path) -> Key:
    names = _PAIR if asked.stem == IDENTITY else _FILE
    return tuple(Path(line.cells.get(name, "")).stem for name in names)
