"""The Markdown renderer in a real DOM, under the product's own policy."""

import os
import random
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from statistics import median

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from server.routes.pages import POLICY

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STATIC = Path(__file__).parents[2] / "static"
ORIGIN = "http://lab.test"

BLOCKS = [
    "# A heading with `code`",
    "A paragraph with **bold**, *italic* and [a link](https://example.org/a).",
    "Two lines\nof one paragraph,  \nand a hard break.",
    "- one\n- two\n  - nested\n\n  a paragraph in the item\n- three",
    "7. seven\n8. eight\n\n9. nine, loose",
    "- [x] done\n- [ ] open",
    "> a quotation\n> of two lines\nand a lazy one",
    "```python\ndef f(x):\n    return x\n\n\n# end\n```",
    "````md\n```\ninner\n```\n````",
    "~~~\nno language\n~~~",
    "    indented code\n\n    goes on",
    "| a | b |\n|:--|--:|\n| 1 | 2 |\n| `x` | **y** |",
    "---",
    "Setext\n======",
    "H<sub>2</sub>O and <b>tags</b> that are text",
    "<div>\nraw\n</div>",
    "![a picture](https://elsewhere.example/p.png)",
    "* other bullets\n* here\n\n\n* after two blank lines",
    "Text with a trailing \\\nbackslash, ~~struck~~ and https://bare.example/link.",
    "- first\n- second\n- third\n- [ ] a task\n\n- and loose only now\n- [x] the last\n",
    "3) three\n4) four\n   ```js\n   let a;\n   ```\n5) five\n   | a |\n   |---|\n   | 1 |\n6) six",
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |\n| **4** | 5 | 6 |\nnot a pipe\n| `7` | \\| 8 |",
]

LINES = [
    *("- item", "- item **two**", "  - nested", "  continued", "* other bullet", "1. first", ""),
    *("2. second", "   indented", "> quote", "lazy line", "```", "---", "===", "| a | b |", ""),
    *("|---|:-:|", "| 1 | 2 |", "| 3 |", "- [ ] open", "- [x] done", "+", "-", "1.", " - shifted"),
]

HOSTILE = """
<script>window.broken = 1</script>
<img src="https://elsewhere.example/a.png" onerror="window.broken = 1">
![pixel](https://elsewhere.example/pixel.png?secret=1)
<svg onload="window.broken = 1"><style>@import url(https://elsewhere.example/x.css)</style></svg>
<iframe src="https://elsewhere.example/"></iframe>
<form action="https://elsewhere.example/"><input name="x" autofocus onfocus="window.broken = 1">

[run](javascript:window.broken=1) [data](data:text/html,hello) [own](/api/auth/sign-out)
<a href="https://elsewhere.example/" style="position:fixed;inset:0" id="main">x</a>
<math><mtext><table><mglyph><style><img src onerror=window.broken=1>
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The renderer alone, as one script."""
    folder = tmp_path_factory.mktemp("lab")
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("no Node on the path to bundle the renderer with")
    subprocess.run(
        [npx, "vite", "build", "--config", "test/lab/lab.config.ts", "--outDir", str(folder)],
        cwd=STATIC,
        check=True,
        capture_output=True,
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
    )
    return str(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, lab: str) -> AsyncIterator[Page]:
    context = await browser.new_context()
    opened = await context.new_page()
    asked: list[str] = []

    async def serve(route: Route) -> None:
        url = route.request.url
        asked.append(url)
        if url == f"{ORIGIN}/":
            body = '<!doctype html><title>lab</title><script type="module" src="/lab.js"></script>'
            headers = {"content-security-policy": POLICY, "content-type": "text/html"}
            await route.fulfill(body=body, headers=headers)
        elif (file := Path(lab) / url.removeprefix(f"{ORIGIN}/")).is_file():
            await route.fulfill(body=file.read_bytes(), content_type="text/javascript")
        else:
            await route.abort()

    await opened.route("**/*", serve)
    await opened.goto(f"{ORIGIN}/")
    await opened.wait_for_function("() => globalThis.lab !== undefined")
    yield opened
    assert [url for url in asked if not url.startswith(ORIGIN)] == []
    await context.close()


async def test_streamed_in_any_pieces_the_dom_is_that_of_the_whole(page: Page) -> None:
    chance = random.Random(20)
    for _ in range(150):
        text = "\n\n".join(chance.choices(BLOCKS, k=chance.randint(1, 7)))
        if chance.random() < 0.3:
            text = text.replace("\n", "\r\n")
        pieces, at = [], 0
        while at < len(text):
            size = chance.choice([1, 2, 3, 7, 20, 60])
            pieces.append(text[at : at + size])
            at += size
        whole = await page.evaluate("(text) => lab.whole(text)", text)
        result = await page.evaluate("(pieces) => lab.stream(pieces)", [*pieces])
        assert result["finished"] == whole, text
        # A link definition would be the only reason for the last pass to change anything. While
        # streaming, the open end is mended, so the two are compared where the text has closed.
        closed = await page.evaluate("(pieces) => lab.stream(pieces)", [*pieces, "\n\n"])
        assert closed["streamed"].strip() == whole.strip(), text


async def test_lists_and_tables_of_any_lines_are_those_of_the_whole(page: Page) -> None:
    chance = random.Random(21)
    for _ in range(20):
        texts = ["\n".join(chance.choices(LINES, k=chance.randint(3, 16))) for _ in range(25)]
        cuts = [[text[i : i + 5] for i in range(0, len(text), 5)] + ["\n\n"] for text in texts]
        made = await page.evaluate(
            """([texts, cuts]) => texts.map((text, index) => {
                 const {streamed, finished} = lab.stream(cuts[index]);
                 return [streamed.trim(), finished.trim(), lab.whole(text + "\\n\\n").trim()];
               })""",
            [texts, cuts],
        )
        for text, (streamed, finished, whole) in zip(texts, made, strict=True):
            assert finished == whole, text
            assert streamed == whole, text


async def test_a_late_link_definition_is_caught_by_the_last_pass(page: Page) -> None:
    pieces = ["See [the page][1].\n\n", "More text.\n\n", "[1]: https://example.org/late\n"]
    result = await page.evaluate("(pieces) => lab.stream(pieces)", pieces)
    assert "https://example.org/late" not in result["streamed"]
    assert "https://example.org/late" in result["finished"]


async def test_a_hostile_answer_runs_nothing_fetches_nothing_and_leaves_nothing(page: Page) -> None:
    await page.evaluate("(text) => lab.show(text)", HOSTILE)
    await page.wait_for_timeout(300)
    assert await page.evaluate("window.broken") is None
    left = await page.evaluate(
        """[...document.body.querySelectorAll("*")].flatMap((element) => [
             element.localName,
             ...element.getAttributeNames().filter((name) => /^on|^style$|^id$/.test(name)),
           ])"""
    )
    forbidden = {"script", "img", "svg", "style", "iframe", "form", "input", "math"}
    assert not forbidden & set(left)
    assert not [name for name in left if name.startswith("on") or name in {"style", "id"}]
    links = await page.evaluate("[...document.links].map((link) => [link.href, link.rel])")
    assert all(href.startswith(("https://", "http://", "mailto:")) for href, _ in links)
    assert not any(href.startswith(ORIGIN) for href, _ in links)
    assert all(rel == "noopener noreferrer" for _, rel in links)


SENTENCE = "Some words, of which **a few** are bold and `others` are code, in a sentence. "


@pytest.mark.parametrize(
    "text",
    [
        ("\n\n".join([SENTENCE * 4, "- item\n" * 12, "```python\nx = 1\n```"]) + "\n\n") * 45,
        "".join(f"{n}. {SENTENCE}\n    - {SENTENCE}\n" for n in range(1, 180)),
        "| a | b | c |\n|---|---|---|\n" + f"| {SENTENCE} | two | 3 |\n" * 300,
    ],
    ids=["blocks", "one list", "one table"],
)
async def test_flushes_stay_short_in_a_long_answer(
    page: Page, text: str, record_property: Callable[[str, object], None]
) -> None:
    pieces = [text[at : at + 24] for at in range(0, len(text), 24)]
    times = await page.evaluate("(pieces) => lab.flushes(pieces)", pieces)
    tenth = len(times) // 10
    early, late = median(times[tenth : 2 * tenth]), median(times[-tenth:])
    mean, high = sum(times) / len(times), sorted(times)[int(len(times) * 0.95)]
    record_property("flush_ms", f"mean {mean:.2f}, p95 {high:.2f}")
    # Who shares the machine makes some flushes long, and no median. Six times as much text is there
    # in the end: rendering all of it anew would take six times as long.
    assert median(times) <= 3
    assert late <= 3 * early
