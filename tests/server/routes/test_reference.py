"""OpenAPI as a page: everything in it, nothing loaded, nothing injected."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from server.routes.catalogue import OPERATIONS
from server.routes.openapi import openapi
from server.routes.reference import POLICY, page


def test_every_operation_and_shape_can_be_jumped_to() -> None:
    document = openapi(OPERATIONS, version="1")
    text = page(document)
    for operation in OPERATIONS:
        assert f'<section id="{operation.name}">' in text
        assert f'href="#{operation.name}"' in text
    for name in document["components"]["schemas"]:
        assert f'<section id="{name}">' in text
    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets <= set(re.findall(r'id="([^"]+)"', text))


def test_it_is_well_formed_and_loads_nothing() -> None:
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert not {name for name, _ in attrs} & {"src", "style", "onclick"}

    Reader().feed(page(openapi(OPERATIONS, version="1")))
    assert "h1" in tags
    assert not {"script", "link", "img", "iframe"} & set(tags)


def test_its_one_style_is_allowed_by_its_hash() -> None:
    text = page(openapi(OPERATIONS, version="1"))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY


def test_what_the_code_says_is_escaped() -> None:
    document = openapi(OPERATIONS, version="1")
    document["info"]["description"] = "<script>alert(1)</script>"
    assert "<script>" not in page(document)
