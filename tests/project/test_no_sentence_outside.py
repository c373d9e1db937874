"""No sentence for people outside the catalogues: neither in Python, nor in scripts, nor in templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_root import ROOT

DASHBOARD = ROOT / "dashboard"
#: Two words with a blank between them, the first of three letters or more: a phrase.
PHRASE = re.compile(r"[A-Za-zÄÖÜäöü]{3,}[,.:;!?]? [A-Za-zÄÖÜäöü]{2,}")
#: Calls whose texts are for programmers, styles or other programs.
TECHNICAL = frozenset({"warning", "exception", "info", "error", "Thread", "ContextVar", "compile"})
#: Phrases that nobody reads as a sentence: markup, protocols, fonts, names of simulated people.
MEANT = (
    "<",
    "attachment; filename=",
    "inline; filename=",
    "img-src ",
    "use strict",
    "(prefers-color-scheme",
    "Inter, system-ui",
    "ui-monospace,",
    "daily backup",
    "recovery at start",
    "Anna Example",
    "Bernd Beispiel",
    "Carla Control",
)


def technical(tree: ast.Module) -> set[int]:
    """Docstrings, names of styles, and what is raised or logged: the person gets a code's sentence instead."""
    found: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                found.add(id(node.value))
            case ast.Raise() | ast.keyword(arg="className") | ast.Assert():
                found |= {id(inner) for inner in ast.walk(node)}
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in TECHNICAL:
                found |= {id(inner) for inner in ast.walk(node)}
    return found


def phrases(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each literal that could be read by a person."""
    tree = ast.parse(source)
    passed_over = technical(tree)
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over
        if is_text and PHRASE.search(node.value) and not node.value.startswith(MEANT):
            yield node.lineno, node.value


def test_a_sentence_in_python_would_be_found() -> None:
    source = 'def f(n):\n    """Not this one."""\n    g(className="nor this")\n    return f"Only {n} were found"\n'
    assert list(phrases(source)) == [(4, " were found")]
    assert [line for line, _ in phrases('x = html.P("No plate was found")')] == [1]


def is_style(text: str) -> bool:
    """Whether a text is only names of styles."""
    return re.fullmatch(r"[a-z -]+", text) is not None and any(part in STYLES for part in text.split())


STYLES = frozenset(
    name
    for sheet in (DASHBOARD / "assets").glob("*.css")
    for name in re.findall(r"\.([a-z][a-z-]*)", sheet.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("path", sorted(DASHBOARD.rglob("*.py")), ids=lambda path: str(path.relative_to(DASHBOARD)))
def test_python_holds_no_sentence_for_people(path: Path) -> None:
    found = [(line, text) for line, text in phrases(path.read_text(encoding="utf-8")) if not is_style(text)]
    assert found == []


SCRIPTS = [path for path in sorted((DASHBOARD / "assets").glob("*.js")) if not path.name.endswith(".min.js")]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_hold_no_sentence_for_people(path: Path) -> None:
    text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text(encoding="utf-8"))
    literals = [found for groups in re.findall(r'"([^"\n]*)"|`([^`]*)`|\'([^\'\n]*)\'', text) for found in groups]
    read = [each for each in literals if PHRASE.search(each) and not each.startswith(MEANT)]
    assert [each for each in read if not is_style(each)] == []


TEMPLATES = sorted([*DASHBOARD.rglob("*.html"), *(DASHBOARD / "report").glob("*.typ")])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_sentence_for_people(path: Path) -> None:
    """Outside tags, code and comments: what would be printed as it stands."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".typ":
        printed = re.findall(r"\[([^\[\]#]*)", re.sub(r'//.*|"[^"\n]*"', "", text))
    else:
        printed = re.split(r"<[^>]*>|\{\{.*?\}\}|\{%.*?%\}", text)
    assert [each for each in printed if PHRASE.search(each)] == []
