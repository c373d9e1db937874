"""The report's trends: both legs on one scale, a dot a trial, no line across what does not compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from analysis.geometry import Side
from analysis.progress import Break, Point, Progress
from dashboard.figures.palette import SIDES
from dashboard.report.trend import drawn_trend
from dashboard.words import load_words

SVG = "{http://www.w3.org/2000/svg}"
FIRST = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WORDS = load_words("en")


def trend(side: Side, *means: float, broken_at: int | None = None) -> Progress:
    """A visit every four weeks with trials 1 mm/s beside the mean; at one of them something changed."""
    points = tuple(
        Point(
            FIRST + timedelta(weeks=4 * n),
            mean,
            (mean - 1, mean + 1),
            (Break.PLATE,) if n == broken_at else (),
            censored=False,
        )
        for n, mean in enumerate(means)
    )
    return Progress("velocity_ml", side, points, None, None, None, None)


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


def joins(svg: str, side: Side) -> int:
    """Lines between means: the thick ones in the side's colour."""
    drawn = ElementTree.fromstring(svg).iter(f"{SVG}path")  # noqa: S314 - our own
    return sum(one.attrib["stroke-width"] == "0.45" and one.attrib["stroke"] == SIDES[side].line for one in drawn)


def test_both_legs_have_the_scale_of_both() -> None:
    low, high = trend(Side.LEFT, 12, 11), trend(Side.RIGHT, 38, 36)
    both = [texts(drawn_trend(WORDS, one, (low, high))) for one in (low, high)]
    assert both[0] == both[1]
    assert texts(drawn_trend(WORDS, low)) != both[0]


def test_means_are_joined_where_visits_compare_and_nowhere_else() -> None:
    assert joins(drawn_trend(WORDS, trend(Side.LEFT, 20, 19, 18)), Side.LEFT) == 2
    assert joins(drawn_trend(WORDS, trend(Side.LEFT, 20, 19, 18, broken_at=1)), Side.LEFT) == 1


def test_every_trial_and_every_mean_is_a_mark() -> None:
    """Three visits of two trials: six small circles and three large ones."""
    svg = drawn_trend(WORDS, trend(Side.LEFT, 20, 19, 18))
    radii = [float(each.attrib["r"]) for each in ElementTree.fromstring(svg).iter(f"{SVG}circle")]  # noqa: S314
    assert sorted(set(radii)) == [0.55, 1.1]
    assert (radii.count(0.55), radii.count(1.1)) == (6, 3)


def test_many_visits_leave_their_dates_room() -> None:
    svg = drawn_trend(WORDS, trend(Side.LEFT, *range(20, 50)))
    dates = [text for text in texts(svg) if "202" in text]
    assert 2 <= len(dates) <= 5
    assert dates[0] == "5 Jan 2026"
