"""What the demo model says: Markdown that suits the question, made from the question alone."""

import random
import re
from collections.abc import Callable, Iterable

LABEL = "*This is the demo model: it shows how answers look, it does not know anything.*\n\n"

_TABLE = re.compile(r"\b(table|tabelle|tableau|compare|comparison|versus|vs)\b", re.IGNORECASE)
_CODE = re.compile(
    r"\b(code|function|script|program|python|javascript|typescript|sql|bash|regex|snippet)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"\b(list|steps|ideas|tips|ways|checklist|plan|bullets?|liste)\b", re.IGNORECASE)
_GREETING = re.compile(r"^\W*(hi|hello|hey|hallo|bonjour|salut|ciao)\b", re.IGNORECASE)

_OPENINGS = (
    "Good question. Here is how I would go about it.",
    "Happy to help. Let me take this one step at a time.",
    "Here is an answer that you can watch arriving.",
)

_TABLE_TEXT = """\
| Plan | Requests an hour | Monthly quota | Good for |
| :-- | --: | --: | :-- |
| Starter | 50 | $10 | trying things out |
| Pro | 100 | $50 | daily work |
| Business | 500 | none | teams and programs |

The figures are this server's own defaults. An upgrade counts from the next question on."""

_CODE_TEXT = {
    "python": '''\
```python
from collections import Counter


def most_common_words(text: str, count: int = 3) -> list[tuple[str, int]]:
    """The words that ``text`` uses most often, with how often it does."""
    return Counter(text.lower().split()).most_common(count)


print(most_common_words("the meter runs while the answer streams"))
# [('the', 2), ('meter', 1), ('runs', 1)]
```

`Counter` does the counting; `lower()` makes *The* and *the* one word.''',
    "javascript": """\
```javascript
/** The words that `text` uses most often, with how often it does. */
export function mostCommonWords(text, count = 3) {
  const counts = new Map();
  for (const word of text.toLowerCase().split(/\\s+/)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count);
}

console.log(mostCommonWords("the meter runs while the answer streams"));
```

A `Map` keeps the words in the order in which they came, so ties stay stable.""",
    "sql": """\
```sql
select model, count(*) as calls, sum(output_tokens) as tokens
from usage_logs
where at >= date_trunc('month', now())
group by model
order by tokens desc
limit 10;
```

One row for each model used this month, the busiest first.""",
    "bash": """\
```bash
# The ten words that a text uses most often
tr -cs '[:alpha:]' '\\n' < notes.txt | tr '[:upper:]' '[:lower:]' \\
  | sort | uniq -c | sort -rn | head -10
```

Each command does one thing; the pipe makes a program of them.""",
}
_LANGUAGE = {"typescript": "javascript", "script": "bash", "regex": "python"}

_LIST_TEXT = """\
1. **Start small.** Write down the one thing that has to work, and make it work.
2. **Look at it early.** Show it to somebody before it is finished; ask what is unclear.
3. **Measure.** Choose a number that tells whether it got better, then change one thing at a time.
4. **Cut.** Take out what nobody missed.
5. **Repeat**, until the number stops moving.

> Most plans fail at the second step, not at the fifth."""

_EXPLANATION_TEXT = """\
## In short

An answer is made of *tokens*, pieces of words. They arrive one after another, and each of them
costs a little. That is why you see the text grow, and why a price stands under it in the end.

## What happens on the way

- Before the first token, credits are **held**: enough for your question and the first step.
- While the answer streams, the hold grows with it.
- At the end only what was used is **captured**; the rest is released in the same moment.

## Try it

| Ask for | and you get |
| :-- | :-- |
| a table | a table |
| code in Python, JavaScript, SQL or Bash | a code block |
| a list, steps, ideas | a list |

Press *Stop* while the text is still growing: you pay for what you have seen, and for no more."""

_FILLERS = (
    "The server counts what it sends, and writes it down once.",
    "A slow reader gets fewer, larger pieces, and never an incomplete text.",
    "Whatever was held and not used goes back to the balance.",
    "Another window can join in the middle and misses nothing.",
    "What you read here equals what is stored, letter for letter.",
    "When a provider fails, the credits come back by themselves.",
    "Every price is a whole number of very small coins, so sums agree.",
)


def answer(question: str, chance: random.Random) -> str:
    """Markdown for ``question``. The same question and seed give the same answer."""
    if _GREETING.match(question) and len(question) < 40:
        body = (
            "Hello! Ask me for a **table**, a piece of **code**, a **list** of ideas, or anything."
        )
    else:
        body = f"{chance.choice(_OPENINGS)}\n\n{_body(question)}"
    return LABEL + body


def _body(question: str) -> str:
    parts: list[tuple[re.Pattern[str], Callable[[str], str]]] = [
        (_TABLE, lambda _: _TABLE_TEXT),
        (_CODE, _code),
        (_LIST, lambda _: _LIST_TEXT),
    ]
    said = [make(question) for asked, make in parts if asked.search(question)]
    return "\n\n".join(said) or _EXPLANATION_TEXT


def _code(question: str) -> str:
    words = [word.lower() for word in _CODE.findall(question)]
    named = [_LANGUAGE.get(word, word) for word in words]
    return _CODE_TEXT[next((word for word in named if word in _CODE_TEXT), "python")]


def tools_answer(told: Iterable[tuple[str, str]]) -> str:
    """What tools have said, told on: names and texts."""
    # A longer fence than any inside, so that no text can end it.
    parts = (f"The tool `{name}` answered:\n\n````\n{text}\n````" for name, text in told)
    return LABEL + "\n\n".join(parts)


def filler(chance: random.Random, sentences: int) -> str:
    """Paragraphs of ``sentences`` sentences, for answers that have to be long."""
    picked = [chance.choice(_FILLERS) for _ in range(sentences)]
    paragraphs = [" ".join(picked[at : at + 5]) for at in range(0, len(picked), 5)]
    return "\n\n".join(paragraphs)
