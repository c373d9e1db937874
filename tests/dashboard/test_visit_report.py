"""The report of a visit: what the screen says, no more and no less; whole, accessible, the same file every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from clinic import TEMPLATE, Clinic, both_sides, stood, unknown_axis
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from analysis.geometry import Side
from analysis.recording import ImportedRecording
from dashboard.report.build import clinician_report, page_count, patient_report
from dashboard.report.clinician import Pictures
from dashboard.report.made import Made
from dashboard.reporting import KINDS, pictures, visit_report
from dashboard.visit_view import VisitView, visit_view
from dashboard.words import load_words
from records.reports import ReportKind

WORDS = load_words()
HEAD = "Room 1:" + "0f" * 32
MADE = Made(datetime(2026, 3, 9, 14, 0, tzinfo=UTC), "Dr. Example", 2, HEAD)
CLINICIAN, PATIENT = ReportKind.CLINICIAN, ReportKind.PATIENT
MOST_PAGES = {CLINICIAN: 2, PATIENT: 1}
EMPTY = Pictures({}, 20.0)


@dataclass(frozen=True)
class Case:
    """One visit with both of its reports."""

    view: VisitView
    pdfs: dict[ReportKind, bytes]

    def text(self, kind: ReportKind) -> str:
        """All text of a report without blanks: where a line breaks is no matter of what is said."""
        pages = PdfReader(BytesIO(self.pdfs[kind])).pages
        return squeezed("".join(page.extract_text() for page in pages))


def squeezed(text: str) -> str:
    """Text without blanks and without the places where a long word may break."""
    return re.sub(r"[\s\u200b]", "", text)


def reports(clinic: Clinic, view: VisitView) -> dict[ReportKind, bytes]:
    drawn = pictures(clinic.station, view)
    return {
        CLINICIAN: clinician_report(WORDS, view, drawn, (), MADE),
        PATIENT: patient_report(WORDS, view, drawn, (), MADE),
    }


NAMES = {
    "both": "Łukasz Żółć",
    "long": "Wolfeschlegelsteinhausenbergerdorff-" * 5,
    "one": "王伟",
    "unusable": "Ann Example",
    "axis": None,
    "void": "Щербакова Ольга",
    "many": "Ελένη Παπαδοπούλου",
}


def recordings(name: str) -> list[ImportedRecording]:
    match name:
        case "one":
            return [stood(Side.LEFT, 4.0)]
        case "unusable":
            return [stood(Side.LEFT, 4.0, hold_s=3.0), stood(Side.RIGHT, 3.0)]
        case "axis":
            return unknown_axis()
        case "many":
            return both_sides() * 3
        case _:
            return both_sides()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    clinic = Clinic(tmp_path_factory.mktemp("reports"))
    made = {}
    for name, person in NAMES.items():
        code = "P-" + "0" * 60 if name == "long" else f"P-{name}"
        patient = clinic.patient(code, name=person, birth_year=1961)
        visit = clinic.visit(patient, recordings(name), None if name == "axis" else TEMPLATE)
        if name == "void":
            for trial in clinic.store.trials_of(visit.id):
                clinic.station.void(trial.id, "laughed مرحبا")
        view = visit_view(WORDS, clinic.station.visit_results(visit.id))
        made[name] = Case(view, reports(clinic, view))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_number_and_sentence_of_the_screen_stands_in_the_clinicians_report(
    cases: dict[str, Case], name: str
) -> None:
    case = cases[name]
    text = case.text(CLINICIAN)
    for condition in case.view.conditions:
        numbers = [number for side in condition.sides for number in side.numbers]
        said = [part for number in numbers for part in (number.value, number.reason, number.interval, number.more)]
        said += [sentence.text for sentence in condition.sentences]
        for side in (condition.abductors.left, condition.abductors.right):
            said += [side.pattern, side.rule, *(row.text for row in side.entered)]
        for trial in condition.trials:
            said += [trial.verdict.replace("مرحبا", ""), *(found for _, found in trial.findings)]
        missing = [each for each in said if each and squeezed(each) not in text]
        assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_the_patients_numbers_are_those_of_the_screen(cases: dict[str, Case], name: str) -> None:
    case = cases[name]
    text = case.text(PATIENT)
    for side in case.view.conditions[0].sides:
        for number in side.numbers:
            if number.metric in ("hold_time", "velocity_ml") and number.value and not side.absent:
                assert squeezed(number.value.removeprefix("≥ ")) in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_report_keeps_to_its_pages(cases: dict[str, Case], name: str, kind: ReportKind) -> None:
    pdf = cases[name].pdfs[kind]
    assert page_count(pdf) == len(PdfReader(BytesIO(pdf)).pages) <= MOST_PAGES[kind]


def resources(pdf: bytes) -> Iterator[DictionaryObject]:
    """Resources of pages and of the drawings inside them."""
    waiting = [page["/Resources"] for page in PdfReader(BytesIO(pdf)).pages]
    while waiting:
        each = waiting.pop().get_object()
        yield each
        forms = each.get("/XObject", DictionaryObject()).get_object().values()
        waiting += [form.get_object()["/Resources"] for form in forms if "/Resources" in form.get_object()]


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_vector_and_every_font_is_inside(cases: dict[str, Case], kind: ReportKind) -> None:
    fonts = []
    for each in resources(cases["both"].pdfs[kind]):
        forms = each.get("/XObject", DictionaryObject()).get_object().values()
        assert all(form.get_object()["/Subtype"] != "/Image" for form in forms)
        fonts += [font.get_object() for font in each.get("/Font", DictionaryObject()).get_object().values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "Inter" in str(descriptor["/FontName"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_says_that_it_is_pdf_a_and_pdf_ua_and_is_tagged(cases: dict[str, Case], kind: ReportKind) -> None:
    """PDF/A-2a and PDF/UA-1 declare themselves in the metadata and need tags, a language and a title."""
    reader = PdfReader(BytesIO(cases["both"].pdfs[kind]))
    root = reader.trailer["/Root"].get_object()
    about = root["/Metadata"].get_object().get_data().decode()
    for declared in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert declared in about
    assert root["/MarkInfo"].get_object()["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"].get_object()["/DisplayDocTitle"]
    kinds = tags(root["/StructTreeRoot"].get_object())
    assert {"/H1", "/H2", "/P", "/Figure"} <= set(kinds)
    assert kinds.count("/Figure") == 2


def tags(node: DictionaryObject) -> list[str]:
    """Kinds of all structure elements; each figure is asked for the text that stands for it."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if "/S" in each:
            found.append(str(each["/S"]))
            assert each["/S"] != "/Figure" or each["/Alt"]
        children = each.get("/K", [])
        for child in children if isinstance(children, list) else [children]:
            inner = child.get_object()
            if isinstance(inner, DictionaryObject):
                waiting.append(inner)
    return found


def test_the_same_visit_gives_the_same_file(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    visit = clinic.visit(clinic.patient("P-1"), both_sides())
    for kind in KINDS:
        made = [visit_report(WORDS, clinic.station, visit.id, kind, MADE) for _ in range(2)]
        assert made[0] == made[1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_footer_names_patient_version_and_audit_head_and_says_what_this_is_not(
    cases: dict[str, Case], kind: ReportKind
) -> None:
    text = cases["both"].text(kind)
    for said in ("P-both", "Version 2", "Dr. Example", HEAD, WORDS("report.statement")):
        assert squeezed(said) in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_the_fonts_cannot_draw_is_said_to_be_so(cases: dict[str, Case], kind: ReportKind) -> None:
    text = cases["one"].text(kind)
    assert squeezed(WORDS("report.name_not_printable")) in text
    assert "P-one" in text


def test_a_side_whose_attempts_are_all_void_is_not_called_untried(cases: dict[str, Case]) -> None:
    text = cases["void"].text(CLINICIAN)
    assert squeezed(WORDS("result.all_void", side="left")) in text
    assert squeezed(WORDS("result.not_measured", side="left")) not in text


def test_a_reason_in_other_letters_stands_as_codes(cases: dict[str, Case]) -> None:
    assert "[U+0645]" in cases["void"].text(CLINICIAN)


@pytest.mark.parametrize("kind", KINDS)
def test_a_simulated_patient_is_stamped_demo(cases: dict[str, Case], kind: ReportKind) -> None:
    view = cases["both"].view
    marked = replace(view, patient=replace(view.patient, simulated=True))
    pdf = KINDS[kind](WORDS, marked, EMPTY, (), MADE)
    text = Case(marked, {kind: pdf}).text(kind)
    assert "DEMO" in text
    assert squeezed(WORDS("app.demo_meaning")) in text
    assert "DEMO" not in cases["both"].text(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_visit_in_which_nothing_was_recorded_says_so(cases: dict[str, Case], kind: ReportKind) -> None:
    view = replace(cases["both"].view, conditions=())
    text = Case(view, {kind: KINDS[kind](WORDS, view, EMPTY, (), MADE)}).text(kind)
    assert squeezed(WORDS("report.nothing_recorded")) in text
