"""Says what figures mean and what to do about them.

Its figures are not checked against the context: rates and shares are computed, and rightly so.
"""

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.team import sections
from agents.team.contexts import Performance
from agents.team.outputs import PerformanceAnalysis
from agents.team.specialist import Specialist


class AnalyticsAgent(Specialist[Performance, PerformanceAnalysis]):
    name = "analytics"

    def task(self, context: Performance, budget_tokens: int) -> Task[PerformanceAnalysis]:
        known = context.known
        asked = Section(
            name="question",
            lines=sections.named(
                ("platforms", ", ".join(context.platforms)),
                ("content types", ", ".join(context.content_types)),
                ("timeframe", context.timeframe),
                ("look above all at", context.analysis),
            ),
            is_whole=True,
        )
        metrics = tuple(f"{figure.name}: {figure.value}" for figure in context.metrics)
        told = brief(
            (
                asked,
                Section(name="metrics", lines=metrics),
                sections.figures(known),
                sections.learned(known),
            ),
            budget_tokens=budget_tokens,
        )
        return Task(
            instructions=sections.instructions(self.name, known),
            text=told.text,
            output=PerformanceAnalysis,
        )
