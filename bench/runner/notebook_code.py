"""The code of a class that was written in a notebook: its own, and what it uses of the notebook."""

import ast
import dis
import inspect
import linecache
import pickle
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType


class NotebookCode:
    """The code of a class of `__main__`.

    Attributes:
        text: the source of the class, and the source or value of all in `__main__` that it uses.
        imports: modules that it uses, and the name imported from each or "".

    Raises:
        ImportError: if a source cannot be found, or a value not be written down.
    """

    def __init__(self, root: type) -> None:
        known, found = vars(sys.modules["__main__"]), dict[str, str]()
        self.imports: list[tuple[str, str]] = []
        waiting: list[tuple[str, object]] = [(root.__name__, root)]
        while waiting:
            name, value = waiting.pop()
            if name not in found:
                found[name], used = self._described(name, value)
                waiting += ((each, known[each]) for each in used if each in known)
        self.text = "\n".join(f"{name}: {found[name]}" for name in sorted(found))

    def _described(self, name: str, value: object) -> tuple[str, list[str]]:
        """The source or value of a name, and the names that it uses."""
        value = _unwrapped(value)
        if isinstance(value, type | FunctionType) and value.__module__ == "__main__":
            tree = _tree_of(value)
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    module = getattr(node, "module", None)
                    self.imports += (
                        (module or a.name, a.name if module else "") for a in node.names
                    )
            code = compile(ast.Module([tree], []), "", "exec")
            return bare(tree), sorted(set(_globals(code)))
        if isinstance(value, type | FunctionType | ModuleType):
            module = value.__name__ if isinstance(value, ModuleType) else value.__module__
            self.imports.append((module, ""))
            return module, []
        try:
            return repr(pickle.dumps(value)), []
        except Exception as error:  # whatever a value raises
            raise ImportError(
                f"expected a value that can be pickled in {name!r}, which a plugin of this "
                f"notebook uses, got {error}, so its results have no key; make it in the plugin"
            ) from error


def bare(tree: ast.AST) -> str:
    """Code without formatting, comments and docstrings."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _tree_of(value: type | FunctionType) -> ast.stmt:
    """The statement that defines it; the last one, if its cell or file has several.

    `inspect.getsource` finds functions of cells, but not their classes.
    """
    members = [value] if isinstance(value, FunctionType) else vars(value).values()
    functions = [each for each in map(_unwrapped, members) if isinstance(each, FunctionType)]
    files = [each.__code__.co_filename for each in functions]
    for file in [*files, str(getattr(sys.modules["__main__"], "__file__", ""))]:
        tree = ast.parse("".join(linecache.getlines(file)))
        for node in (*reversed(tree.body), *ast.walk(tree)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == value.__name__:
                return node
    raise ImportError(
        f"cannot find the source of {value.__name__}, so its results have no key; define it in a "
        "cell without a magic such as %%time, or in a file, with a method of its own"
    )


def _unwrapped(value: object) -> object:
    """The function in a property, a class method or a decorated function."""
    inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    return inspect.unwrap(inner) if callable(inner) else inner


def _globals(code: CodeType) -> Iterator[str]:
    """The names that code looks up outside of its functions."""
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(each.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
