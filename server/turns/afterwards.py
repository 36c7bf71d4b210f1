"""What is done once a turn has ended: names, summaries, and what was learned."""

from collections.abc import Callable

from server.protocol.events import Outcome
from server.turns import summaries, titles
from server.turns.cheapest import Cheapest
from server.turns.feed import TurnFeed
from server.turns.generation import Generation
from server.turns.learning import Learning
from server.turns.parts import Parts, TurnSettings
from server.turns.run import Run


def afterwards(
    parts: Parts, settings: TurnSettings, generation: Generation, feed: TurnFeed
) -> tuple[Callable[[Run, Outcome], None], ...]:
    """Hearers of every turn's end."""
    cheapest = Cheapest(parts.registry, parts.prices, parts.pauses, parts.health)
    learning = Learning(parts.network, tasks=parts.tasks)
    hearers: list[Callable[[Run, Outcome], None]] = [learning.look]
    if settings.auto_titles:
        titling = titles.Titles(
            generation, parts.database, feed, cheapest, tasks=parts.tasks, clock=parts.clock
        )
        hearers.append(titling.look)
    if settings.auto_summaries:
        summing_up = summaries.Summaries(
            generation, parts.database, cheapest, tasks=parts.tasks, clock=parts.clock
        )
        hearers.append(summing_up.look)
    return tuple(hearers)
