"""What of a request is looked for among insights."""

WORDS = 100
"""Different ones: further ones add little but time."""


def asked(text: str) -> str:
    """Its first words, each once."""
    return " ".join(list(dict.fromkeys(text.replace("\0", " ").split()))[:WORDS])
