"""What every one of the creator's agents is told in the same words: the voice, and what is known.

The voice belongs to the instructions, because it is the same for all that a creator asks and so
stands in the part of the prompt that vendors cache. Everything else is a brief.
"""

from msgspec import structs

from agents.briefs import Brief, Section, brief
from agents.language.names import LANGUAGES
from agents.prompts.load import prompt
from agents.team.contexts import Fan, FanMessage, Known, Purchases, Said

SAID_CHARACTERS = 24_000
"""More than a brief has room for. What an agent is not told, it has no need to repeat; reading all
of a long history for what may be said would keep everybody else waiting."""


def instructions(name: str, known: Known) -> str:
    """The prompt ``<name>.md``, the creator's voice, and the language to write in."""
    return "\n\n".join(filter(None, (prompt(name), _voice(known), _language(known))))


def figures(known: Known) -> Section:
    lines = tuple(f"{figure.name}: {figure.value}" for figure in known.figures)
    return Section(name="figures", lines=lines)


def business(known: Known) -> Section:
    """The figures, for agents whose words reach fans: what a campaign has earned is no price."""
    return structs.replace(figures(known), is_fact=False)


def sayable(known: Known, said: tuple[Said, ...] = ()) -> str:
    """What fans may be told beside the facts of a brief: what the creator's business is called
    ("Spring sale, 20% off"), and what the creator has ``said`` to them before: the newest."""
    own, room = list[str](), SAID_CHARACTERS
    for text in (one.text for one in reversed(said) if one.by == "creator"):
        room -= len(text)
        if room < 0:
            break
        own.append(text)
    return "\n".join((*(figure.name for figure in known.figures), *reversed(own)))


def learned(known: Known) -> Section:
    """What worked before is no fact about what is offered now."""
    lines = tuple(f"{one.text} (confidence {one.confidence:.2f})" for one in known.learned)
    return Section(name="learned", lines=lines, is_fact=False)


def fan(who: Fan, engagement: str | None) -> Section:
    return Section(
        name="fan",
        lines=named(
            ("name", who.name),
            ("tier", who.tier),
            ("lifetime value", who.lifetime_value),
            ("engagement", engagement),
        ),
    )


def purchases(bought: Purchases) -> Section:
    last = bought.last_order_at
    return Section(
        name="purchases",
        lines=named(
            ("total", bought.total),
            ("last order", last.isoformat() if last else None),
            ("average order value", bought.average_order_value),
        ),
    )


def history(said: tuple[Said, ...]) -> Section:
    """What was said before, the newest last."""
    return Section(
        name="history",
        lines=tuple(_line(one) for one in said),
        is_fact=False,
        is_dialogue=True,
    )


def named(*pairs: tuple[str, str | None]) -> tuple[str, ...]:
    """A line for each that is known."""
    return tuple(f"{name}: {value}" for name, value in pairs if value)


def _line(said: Said) -> str:
    # Indented, so that nobody writes a line in the name of the other.
    return f"{said.by}: {said.text}".replace("\n", "\n  ")


def _voice(known: Known) -> str:
    creator = known.creator
    lines = named(
        ("name", creator.name),
        ("tone", creator.tone),
        ("personality", creator.personality),
        ("brand voice", creator.brand_voice),
        ("never write about", ", ".join(creator.forbidden_topics)),
    )
    return (
        "The creator you write for:\n" + "\n".join(f"- {line}" for line in lines) if lines else ""
    )


def _language(known: Known) -> str:
    code = known.reader_language or known.creator.language
    return f"Write in {LANGUAGES[code]}." if code in LANGUAGES else ""


def fan_message(context: FanMessage, budget_tokens: int) -> Brief:
    """What whoever answers a fan is told, and whoever thinks of an offer."""
    return brief(
        (
            Section(name="message", lines=(context.message,), is_fact=False, is_whole=True),
            fan(context.fan, context.engagement),
            purchases(context.purchases),
            business(context.known),
            history(context.history),
            learned(context.known),
        ),
        budget_tokens=budget_tokens,
    )
