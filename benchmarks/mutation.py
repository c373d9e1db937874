"""Whether the tests notice: one small change of a module of `analysis/` at a time, and the tests run on it.

python -m benchmarks.mutation MODULE ... [--every N] [--from K] [--list]

A change that no test notices survives: it is answered by a test, or by a reason in `docs/mutation.md`. Changes:
comparisons (limit in or out, turned round), arithmetic, and/or, not, signs, numbers (an integer one more, a float a
tenth more), truth values. Each runs in a forked process that loads the changed module in place of the file's: nothing
is written. POSIX only.
"""

from __future__ import annotations

import argparse
import ast
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np  # noqa: F401 - what every test loads is loaded before the processes part
import pytest
import scipy.interpolate
import scipy.signal
import scipy.spatial
import scipy.special  # noqa: F401

ROOT = Path(__file__).parent.parent
#: Tests of each module, those that notice most first.
TESTS = {
    "geometry": ("inputs", "boundary", "verdict", "stances", "every_metric"),
    "cop": ("inputs", "closed_forms", "every_metric", "stances", "preprocess", "online"),
    "phases": ("operator_marks", "documents", "stances"),
    "sides": ("sides", "outcomes"),
    "lateral": ("every_metric", "stances", "closed_forms"),
    "sway": ("every_metric", "closed_forms", "outcomes"),
    "area": ("every_metric", "closed_forms"),
    "boundary": ("boundary", "every_metric"),
    "spline": ("spline",),
    "progress": ("progress",),
    "demand": ("demand",),
    "reliability": ("reliability", "progress"),
}
#: No fixture of the whole suite is needed; hypothesis takes the same examples each time, however long they last.
PYTEST = ("-x", "-q", "--noconftest", "--hypothesis-profile=ci", "-p", "no:cacheprovider")
LONGEST_S = 90
NOTICED, SURVIVED = 1, 0

_TURNED = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: line, code before and after, and the whole module with it."""

    line: int
    before: str
    after: str
    module: ast.Module


def alternatives(node: ast.AST) -> Iterator[ast.expr]:
    """What may stand in place of an expression."""
    match node:
        case ast.Compare(left, [op], [right]):
            for other in _TURNED.get(type(op), ()):
                yield ast.Compare(left, [other()], [right])
            if type(op) not in _TURNED:
                yield ast.UnaryOp(ast.Not(), ast.Compare(left, [op], [right]))
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(float() as value):
            yield ast.Constant(value * 1.1 if value else 1.0)


class _Changed(ast.NodeTransformer):
    """Puts the alternative number `wanted` in its place; counts them all. Types, decorators and texts stay."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen = wanted, 0
        self.found: tuple[int, str, str] | None = None

    def visit(self, node: ast.AST) -> ast.AST:
        for other in alternatives(node):
            if self.seen == self.wanted and isinstance(node, ast.expr):
                self.found = node.lineno, ast.unparse(node), ast.unparse(other)
                self.seen += 1
                return ast.copy_location(other, node)
            self.seen += 1
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list"):
                setattr(node, name, self._inside(value))
        return node

    def _inside(self, value: object) -> object:
        if isinstance(value, list):
            return [self._inside(each) for each in value]
        return self.visit(value) if isinstance(value, ast.AST) else value


def changes(source: str) -> Iterator[Change]:
    """Every change of a module, in the order of its text."""
    number = 0
    while True:
        tree = ast.parse(source)
        changed = _Changed(number)
        changed.visit(tree)
        if changed.found is None:
            return
        yield Change(*changed.found, ast.fix_missing_locations(tree))
        number += 1


class _Instead(MetaPathFinder, Loader):
    """Loads one module from a tree."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name, self._tree = name, tree

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return spec_from_loader(name, self, origin=str(file_of(name))) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(file_of(self._name))
        exec(compile(self._tree, module.__file__, "exec"), module.__dict__)  # noqa: S102 - the text of our own module


def file_of(name: str) -> Path:
    """Where a module's text is."""
    return ROOT / f"{name.replace('.', '/')}.py"


def outcome(module: str, tree: ast.Module) -> bool:
    """Whether a test fails with this text in place of the module's; one that never ends counts as noticed."""
    child = os.fork()
    if not child:
        _run(module, tree)
    _, status = os.waitpid(child, 0)
    return status != SURVIVED


def _run(module: str, tree: ast.Module) -> None:
    """In the child: import with the change, run the tests, say whether one failed by the exit code."""
    os.setpgid(0, 0)
    signal.alarm(LONGEST_S)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = NOTICED
    try:
        sys.meta_path.insert(0, _Instead(f"analysis.{module}", tree))
        tests = [f"tests/analysis/test_{name}.py" for name in TESTS[module]]
        code = SURVIVED if pytest.main([*PYTEST, *tests]) == 0 else NOTICED
    finally:
        os._exit(code)


def main() -> None:
    """Print what survives, and how many were noticed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("modules", nargs="+", choices=sorted(TESTS), metavar="MODULE")
    parser.add_argument("--every", type=int, default=1, help="only each Nth change")
    parser.add_argument("--from", dest="first", type=int, default=0, help="begin with change K")
    args = parser.parse_args()
    for module in args.modules:
        source = file_of(f"analysis.{module}").read_text(encoding="utf-8")
        if outcome(module, ast.parse(source)):
            raise SystemExit(f"{module}: its tests fail without any change")
        every = list(changes(source))
        chosen = every[args.first :: args.every]
        noticed = 0
        for change in chosen:
            if outcome(module, change.module):
                noticed += 1
            else:
                print(f"{module}.py:{change.line}: {change.before}  ->  {change.after}", flush=True)
        print(f"{module}: {noticed} of {len(chosen)} changes noticed ({len(every)} in all)", flush=True)


if __name__ == "__main__":
    main()
