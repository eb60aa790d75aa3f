"""Reading our own source: files, their syntax trees, and the names in them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("oms", "backorders", "inventory", "purchasing", "notifications")
EVERYTHING = (*PRODUCT, "deploy", "bench", "tests", "manage.py")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file of ours."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def imported(self) -> set[str]:
        """Dotted names of everything imported, `from a import b` as `a` and `a.b`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return found


def sources(*tops: str, migrations: bool = False) -> list[Source]:
    """Our Python files below the given top-level folders, in a stable order."""
    paths = [path for top in tops for path in (ROOT / top).rglob("*.py")]
    paths += [ROOT / top for top in tops if top.endswith(".py")]
    return [Source(path) for path in sorted(paths) if migrations or "migrations" not in path.parts]


def called(call: ast.Call) -> str:
    """The last word of what is called: `c` of `a.b.c()`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute chain, or an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""


def words(name: str) -> list[str]:
    """`receive_goods` and `ReceiveGoods` both give receive, goods."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word.lower() for word in spaced.split("_") if word]
