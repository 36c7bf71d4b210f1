"""Which of PostgreSQL's text search configurations knows the words of a language."""

CONFIGURATIONS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""By ISO 639-1. All others are searched by whole words (``simple``)."""

_CASES = " ".join(
    f"WHEN '{language}' THEN '{name}'::regconfig" for language, name in CONFIGURATIONS.items()
)

CONFIGURATION = f"CASE language {_CASES} ELSE 'simple'::regconfig END"
"""SQL over a column ``language``. A column of type regconfig would be shorter, and pg_upgrade
refuses databases that have one."""
