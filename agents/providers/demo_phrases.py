"""What the demo model says in fields whose names tell what they are for: those of our own agents.

``{topic}`` stands for words of the question, ``{title}`` for its first clause. Nothing here is an
offer, a price or a figure of anybody's: agents would rightly take it out.
"""

import re
from typing import Any

from agents.schemas.patterns import Pattern

PHRASES: dict[str, tuple[Any, ...]] = {
    "response": (
        "Thank you for writing, that made me smile! Tell me more about {topic}: what do you like"
        " best?",
    ),
    "upsellSuggestions.text": (
        "Offer the set that fits {topic}, once they have answered.",
        "Ask whether they would like to see more of this kind.",
    ),
    "tactics.name": ("personalisation", "emotional appeal", "reciprocity"),
    "tactics.rationale": (
        "The answer takes up what was said about {topic}.",
        "Warmth comes before any offer.",
    ),
    "confidence": (0.72,),
    "caption": ("A moment worth keeping: {topic} ✨ Which part of it is yours?",),
    "hashtags": ("#goodvibes", "#momentslikethis", "#behindthescenes"),
    "performanceInsights": (
        "A question at the end invites answers.",
        "The picture is named in the first words.",
    ),
    "insights.text": (
        "What is seen first decides: {topic} stands out.",
        "Fans answer more often where they are asked something.",
    ),
    "insights.impact": ("high", "medium"),
    "recommendations.action": (
        "Plan two posts a week in the style that did best, at the same hour.",
        "Answer new fans within the day.",
    ),
    "recommendations.priority": ("high", "medium"),
    "patterns.text": ("Posts with a question are commented on more.", "Evenings are busier."),
    "patterns.frequency": ("most weeks", "on weekends"),
    "predictions.text": (
        "If nothing changes, growth goes on at the present rate.",
        "Shorter videos will be watched to the end more often.",
    ),
    "predictions.confidence": (0.6, 0.55),
    "message": ("I thought of you when I made this: {topic}. Would you like a first look?",),
    "alternativeMessages": (
        "You asked for more like this, so here it is: {topic}.",
        "May I show you something that I am proud of?",
    ),
    "suggestedPrice": ("25.00",),
    "expectedConversionRate": (0.08,),
    "upsellSuggestions.price": (None,),
    "offers.text": (
        "If you liked {topic}, I have more of that kind for you.",
        "Shall I make you something of your own?",
    ),
    "offers.price": (None,),
    "topPerforming": ("Posts that ask a question", "Pictures that say at once what is seen"),
    "recommendedTopics": ("behind the scenes", "questions and answers", "what comes next"),
    "verdict": ("allowed",),
    "suggestions.text": (
        "That is sweet of you! What did you like best about {topic}?",
        "I have something of that kind for you, shall I show you?",
    ),
    "suggestions.tone": ("warm", "playful"),
    "suggestions.why": ("It takes up what the fan said.", "It asks before it offers."),
    "title": ("{title}",),
    "suggestions.title": ("Behind the scenes", "A question to your fans"),
}
"""By the names of the fields that lead to a value, those of lists included."""

TOPIC_WORDS = 5
TITLE_CHARACTERS = 60

_BEGIN = re.compile(r"\s*<(\w{1,40})>")
_END = re.compile(r"</(\w{1,40})>\s*\Z")
_LABEL = re.compile(r"^[a-z ]{1,40}: ")
_CLAUSE = re.compile(r"[^.!?:;\n]+")
_WORD = re.compile(r"[^\W\d_]{2,20}")

_KEYWORDS = {"type", "enum", "pattern", "title", "description"}
_BOUNDS = {"minLength", "maxLength", "minimum", "maximum"}


def topic(question: str) -> str:
    """What ``question`` is about: the beginning of the first clause of the longest line of its last
    section, without what names the line; of all of it, if it has no sections."""
    end = _END.search(question)
    if end is not None:
        opening = f"<{end[1]}>"
        question = question[: end.start()].rpartition(opening)[2]
        lines = (_LABEL.sub("", line) for line in question.splitlines())
        question = max(lines, key=len, default="")
    clauses = (_WORD.findall(clause) for clause in _CLAUSE.findall(question))
    words = next((words for words in clauses if len(words) > 1), _WORD.findall(question))
    words = words[:TOPIC_WORDS]
    return f"“{' '.join(words)}”" if words else "that"


def title(question: str) -> str:
    """What a text that answers ``question`` may be called: the first clause of two words or more,
    of its first section if it has any, cut between words."""
    begin = _BEGIN.match(question)
    if begin is not None:
        question = question[begin.end() :].partition(f"</{begin[1]}>")[0]
    clauses = [clause.split() for clause in _CLAUSE.findall(question)]
    words = next((words for words in clauses if len(words) > 1), question.split())
    while len(words) > 1 and len(" ".join(words)) > TITLE_CHARACTERS:
        words.pop()
    named = " ".join(words)[:TITLE_CHARACTERS]
    return named[:1].upper() + named[1:] or "Untitled"


def fulfils(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value of ``PHRASES`` is what ``schema``, settled, asks for. Keywords that nobody
    here knows are answered with no."""
    if not schema.keys() <= _KEYWORDS | _BOUNDS:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        is_type = schema.get("type", "string") == "string"
        size: float = len(value)
        low, high = schema.get("minLength", 0), schema.get("maxLength", size)
        if "pattern" in schema and not Pattern(schema["pattern"]).matches(value):
            return False
    else:
        is_type, size = schema.get("type") == "number", value
        low, high = schema.get("minimum", value), schema.get("maximum", value)
    return bool(is_type and low <= size <= high)
