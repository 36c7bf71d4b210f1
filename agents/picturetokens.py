"""What a picture takes of a model's window, from its size alone: for holds and for fitting.

Every vendor scales, cuts and counts in its own way. Where the rule of a model is not known, the
dearest of its family is taken, for a hold must cover what will be charged.
"""

import re
from math import ceil

LLAMA_TILE, LLAMA_TILE_TOKENS = 560, 1_601
_OLD = re.compile(r"(chatgpt-|codex-)?(gpt-4|4o|o[134]\b|gpt-5(-|$)|gpt-5\.1)")
"""OpenAI's models before gpt-5.2."""

QWEN_PATCH, QWEN_TOKENS_MAX = 28, 16_384


def picture_tokens(model: str, width: int, height: int) -> int:
    """Tokens of one picture for ``model`` (``provider/name``); sizes in pixels, at least 1."""
    provider, _, name = model.partition("/")
    match provider:
        case "openai" | "azure":
            return _openai(name, width, height)
        case "anthropic":
            return _anthropic(width, height)
        case "gemini":
            return _gemini(width, height)
        case "mistral":
            return _mistral(width, height)
        case _:
            return _anybody(width, height)


def _openai(name: str, width: int, height: int) -> int:
    """platform.openai.com/docs/guides/images-vision, "Calculating costs", detail high, and what the
    API was seen to bill (community.openai.com/t/1377015).

    Small models count patches of 32 pixels, times a factor of their own; up to gpt-5.1 the large
    ones count tiles of 512 of the picture brought to 2048 by 768 (85 and 170 tokens are gpt-4o's,
    and the most), gpt-4o-mini at 33 times the price; later ones patches again. Of a name that says
    nothing, a deployment's for one, the dearer of both rules is taken.
    """
    if "4o-mini" in name:
        return 2_833 + 5_667 * _tiles(width, height)
    is_old = _OLD.match(name) is not None
    patches = _patches(width, height, 32, 1_536 if is_old else 2_500)
    if "mini" in name:
        return ceil(patches * 1.72)
    if "nano" in name:
        return ceil(patches * 2.46)
    tiles = 85 + 170 * _tiles(width, height)
    return tiles if is_old else max(ceil(patches * 1.2), tiles)


def _tiles(width: int, height: int) -> int:
    scale = min(1, 2_048 / max(width, height))
    scale *= min(1, 768 / (min(width, height) * scale))
    return _cells(width * scale, height * scale, 512)


def _anthropic(width: int, height: int) -> int:
    """platform.claude.com/docs/en/build-with-claude/vision: a token for 28 by 28 pixels (near
    enough width by height through 750), of a long edge of 2,576 and 4,784 tokens at most. Models
    before Opus 4.7 stop at 1,568 of both."""
    scale = min(1, 2_576 / max(width, height))
    return min(_cells(width * scale, height * scale, 28), 4_784)


def _gemini(width: int, height: int) -> int:
    """ai.google.dev/gemini-api/docs/tokens and …/image-understanding: 258 up to 384 pixels, above
    that 258 for every tile. Tiles are 768 wide by one page, two thirds of the shorter edge by the
    other. Gemini 3 takes 1,120 whatever the size."""
    if max(width, height) <= 384:
        return 1_120
    tile = min(max(min(width, height) * 2 // 3, 256), 768)
    return max(258 * _cells(width, height, tile), 1_120)


def _mistral(width: int, height: int) -> int:
    """docs.mistral.ai/capabilities/vision: brought to 1,024 pixels, a token for 16 by 16 and one
    for each row's end. The newer models take fewer."""
    scale = min(1, 1_024 / max(width, height))
    rows = ceil(height * scale / 16)
    return rows * ceil(width * scale / 16) + rows


def _anybody(width: int, height: int) -> int:
    """The dearer of the two rules that open models have: Llama's four tiles, Qwen's patches."""
    tiles = min(ceil(width / LLAMA_TILE), 2) * min(ceil(height / LLAMA_TILE), 2)
    patches = _patches(width, height, QWEN_PATCH, QWEN_TOKENS_MAX)
    return max(tiles * LLAMA_TILE_TOKENS, patches)


def _patches(width: int, height: int, edge: int, most: int) -> int:
    return min(_cells(width, height, edge), most)


def _cells(width: float, height: float, edge: int) -> int:
    """Squares of ``edge`` that cover so many pixels."""
    # Scaling by floats may end a hair above the edge that was meant.
    return ceil(round(width, 3) / edge) * ceil(round(height, 3) / edge)
