"""Figures reach the model as they are given, the question last."""

from agents.team.analytics import AnalyticsAgent
from agents.team.contexts import Creator, Figure, Known, Performance
from tests.agents.team.tasks import task_of

CONTEXT = Performance(
    platforms=("instagram", "tiktok"),
    content_types=("photo", "video"),
    timeframe="2026-10-01 to 2026-10-31",
    metrics=(
        Figure(name="likes", value="12,045"),
        Figure(name="revenue onlyfans", value="1310.5012"),
    ),
    known=Known(
        creator=Creator(language="de"),
        figures=(Figure(name="active subscriptions", value="214"),),
    ),
    analysis="revenue",
)


def test_the_prompt_has_every_figure_digit_for_digit() -> None:
    task = task_of(AnalyticsAgent, CONTEXT)
    assert task.text == (
        "<figures>\nactive subscriptions: 214\n</figures>\n"
        "<metrics>\nlikes: 12,045\nrevenue onlyfans: 1310.5012\n</metrics>\n"
        "<question>\nplatforms: instagram, tiktok\ncontent types: photo, video\n"
        "timeframe: 2026-10-01 to 2026-10-31\nlook above all at: revenue\n</question>"
    )
    assert task.instructions.endswith("Write in German.")


def test_where_the_room_is_short_the_first_figures_stay_whole() -> None:
    metrics = tuple(Figure(name=f"metric {n}", value=f"{n}00.25") for n in range(500))
    task = task_of(
        AnalyticsAgent,
        Performance(platforms=("x",), content_types=(), timeframe="week", metrics=metrics),
        budget_tokens=200,
    )
    lines = task.text.split("\n")
    told = [line for line in lines if line.startswith("metric ")]
    assert 5 < len(told) < 40
    assert told == [f"metric {n}: {n}00.25" for n in range(len(told))]
