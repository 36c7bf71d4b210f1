"""Why an agent is asked, as a code: whoever shows it has words for it in the reader's language."""

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal[
    "fan_wrote",
    "fan_says",
    "fan_engaged",
    "post",
    "unexplained_figures",
    "figures",
    "sales_message",
    "replies",
    "ideas",
    "text_says",
    "no_other",
    "nobody_else",
    "checks",
]

SENTENCES: dict[Reason, str] = {
    "fan_wrote": "a fan wrote",
    "fan_says": "the fan says {words}",
    "fan_engaged": "the fan is highly engaged",
    "post": "a post needs words",
    "unexplained_figures": "figures are known that nobody has explained",
    "figures": "figures need meaning",
    "sales_message": "a sales message is to become better",
    "replies": "answers to a fan are wanted",
    "ideas": "ideas for posts are wanted",
    "text_says": "the text says {words}",
    "no_other": "it is no other agent's matter",
    "nobody_else": "nobody else could answer",
    "checks": "it checks what goes out",
}


def sentence(reason: Reason, words: tuple[str, ...] = ()) -> str:
    """In English; ``words`` are those of the text that decided."""
    quoted = ", ".join(f"“{word}”" for word in words)
    return SENTENCES[reason].replace("{words}", quoted)
