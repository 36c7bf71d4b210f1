"""What a caption has to be on each platform, as data: to edit it is to change what is written.

Lengths are the platforms' own limits (help pages, 2026-11); numbers of hashtags are the product's.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

Platform: TypeAlias = Literal["instagram", "tiktok", "twitter", "onlyfans", "facebook"]


class PlatformRules(Struct, frozen=True, kw_only=True):
    """``caption_max`` in the platform's own counting, the hashtags with it.
    ``is_weighted``: it counts emoji and East Asian characters twice. ``style`` is for the model."""

    hashtags_min: int
    hashtags_max: int
    caption_max: int
    is_weighted: bool = False
    style: tuple[str, ...]


PLATFORMS: dict[Platform, PlatformRules] = {
    "instagram": PlatformRules(
        hashtags_min=3,
        hashtags_max=5,
        caption_max=2_200,
        style=(
            "Visual storytelling: the first line makes one stop, the rest tells what is seen.",
            "Emojis where they carry the mood, not behind every sentence.",
        ),
    ),
    "tiktok": PlatformRules(
        hashtags_min=3,
        hashtags_max=6,
        caption_max=2_200,
        style=(
            "A hook in the first five words.",
            "Hashtags of trends that fit, named in the context where it names any.",
            "One call to action at the end.",
        ),
    ),
    "twitter": PlatformRules(
        hashtags_min=1,
        hashtags_max=2,
        caption_max=280,
        is_weighted=True,
        style=("Concise: one thought, said at once.",),
    ),
    "onlyfans": PlatformRules(
        hashtags_min=0,
        hashtags_max=3,
        caption_max=1_000,
        style=(
            "An exclusive teaser: promise what the content holds, and nothing else.",
            "A prompt that makes fans answer.",
        ),
    ),
    "facebook": PlatformRules(
        hashtags_min=0,
        hashtags_max=3,
        caption_max=63_206,
        style=(
            "Long form: a story of several paragraphs.",
            "Speak to a community, and ask what it thinks.",
        ),
    ),
}
