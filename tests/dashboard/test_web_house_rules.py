"""Rules of the web room that a machine can see."""

from __future__ import annotations

import ast
import re
import tomllib

import plotly.offline
from dash import dcc
from tests_root import ROOT

from dashboard.components.graph import CONFIG, graph

DASHBOARD = ROOT / "dashboard"
ASSETS = DASHBOARD / "assets"
SOURCES = sorted(DASHBOARD.rglob("*.py"))


def test_only_one_place_makes_a_graph() -> None:
    """Plotly's own bar would offer to upload a patient's chart: the one factory switches that off."""
    users = [path for path in SOURCES if re.search(r"dcc\.Graph|import Graph", path.read_text(encoding="utf-8"))]
    assert users == [DASHBOARD / "components" / "graph.py"]


def test_no_graph_offers_to_upload_itself() -> None:
    import plotly.graph_objects as go

    picture = graph(go.Figure(), "an empty figure", "300px").children
    assert isinstance(picture, dcc.Graph)
    assert CONFIG.items() <= picture.config.items()
    assert (CONFIG["showSendToCloud"], CONFIG["displayModeBar"], CONFIG["displaylogo"]) == (False, False, False)


def test_a_graph_has_its_height_in_its_style_and_a_description() -> None:
    import plotly.graph_objects as go

    box = graph(go.Figure(), "an empty figure", "300px")
    assert box.children.style == {"height": "300px"}
    assert box.children.responsive is True
    assert (box.role, getattr(box, "aria-label")) == ("img", "an empty figure")


def test_the_plotly_bundle_is_of_the_version_that_plotly_speaks() -> None:
    head = (ASSETS / "00-plotly-basic.min.js").read_text(encoding="utf-8")[:200]
    assert f"plotly.js (basic - minified) v{plotly.offline.get_plotlyjs_version()}" in head


def test_colours_of_figures_stand_in_one_file() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{6}\b|rgba?\(")
    found = [path.name for path in (DASHBOARD / "figures").glob("*.py") if colour.search(path.read_text("utf-8"))]
    assert found == ["palette.py"]


def test_assets_load_nothing_from_elsewhere() -> None:
    """Every style sheet and script of ours; what others wrote is told by its name."""
    ours = [path for path in (*ASSETS.rglob("*.css"), *ASSETS.rglob("*.js")) if not path.name.endswith(".min.js")]
    assert len(ours) > 12
    for path in ours:
        assert not re.search(r"https?://|//cdn", path.read_text(encoding="utf-8")), path.name


def test_every_file_that_style_sheets_name_is_there() -> None:
    for path in ASSETS.glob("*.css"):
        for name in re.findall(r'url\("/assets/([^"]+)"\)', path.read_text(encoding="utf-8")):
            assert (ASSETS / name).is_file(), f"{path.name}: {name}"


def test_the_fonts_bring_their_licence() -> None:
    assert "SIL Open Font License" in (ASSETS / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def _callbacks(tree: ast.Module) -> list[ast.FunctionDef]:
    def is_callback(decorator: ast.expr) -> bool:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        return isinstance(call, ast.Name) and call.id == "callback"

    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [function for function in functions if any(map(is_callback, function.decorator_list))]


def test_every_callback_goes_through_the_gate() -> None:
    """`app.callback` and `dash.callback` name no permission: one function registers, and it asks for one."""
    plain = re.compile(r"@\w+\.callback\(|from dash import .*\bcallback\b|add_url_rule\(")
    found = [path.name for path in SOURCES if plain.search(path.read_text(encoding="utf-8"))]
    assert sorted(found) == ["register.py", "screens.py"]


def test_callbacks_are_short_and_do_no_arithmetic() -> None:
    """A callback reads its inputs, calls one function and returns; counting clicks is all the arithmetic it may do."""
    operators = (ast.Mult, ast.Div, ast.Sub, ast.Pow, ast.Mod, ast.FloorDiv, ast.MatMult)
    for path in SOURCES:
        for callback in _callbacks(ast.parse(path.read_text(encoding="utf-8"))):
            last = callback.body[-1].end_lineno or 0
            assert last - callback.body[0].lineno < 10, f"{path.name}: {callback.name}"
            used = [node.op for node in ast.walk(callback) if isinstance(node, ast.BinOp)]
            assert not any(isinstance(operator, operators) for operator in used), f"{path.name}: {callback.name}"


def test_every_phrase_of_the_pages_is_asked_for() -> None:
    """A sentence nobody shows is a sentence somebody translates for nothing."""
    words = tomllib.loads((DASHBOARD / "words" / "en.toml").read_text(encoding="utf-8"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    built = ("nav.", "figure.ml_", "patients.shown", "result.failures", "patient.side_counts", "explain.window_")
    built += ("figure.axis_", "result.mean_of_", "result.median_of_", "result.practised")
    unused = [
        f"{section}.{key}"
        for section in ("app", "figure", "patients", "patient", "result", "explain")
        for key in words[section]
        if f'"{section}.{key}' not in text and not f"{section}.{key}".startswith(built)
    ]
    assert [key for key in unused if not re.search(rf'"{re.escape(key.split(".")[1])}"', text)] == []
