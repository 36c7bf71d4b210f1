"""OpenAPI as a page: what each operation takes and answers, without a script or a foreign host."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; }
nav { columns: 16rem; } nav a, code, pre { overflow-wrap: anywhere; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
pre { white-space: pre-wrap; padding: .75rem; border: 1px solid; border-radius: .5rem; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
""".strip()

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads nothing; its one style is allowed by its hash."""

_CODE = re.compile(r"`([^`]+)`")


def page(document: dict[str, Any]) -> str:
    """``document``: OpenAPI, as JSON values."""
    rows = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    rows.sort(key=lambda row: row[0])
    links, sections = list[str](), list[str]()
    for tag, group in groupby(rows, key=lambda row: row[0]):
        sections.append(f"<h2>{escape(tag)}</h2>")
        for _, method, path, operation in group:
            name = escape(operation["operationId"])
            title = f"<code>{method} {escape(path)}</code>"
            links.append(f'<a href="#{name}">{title}</a><br>')
            sections.append(
                f'<section id="{name}"><h3>{title}</h3>{_operation(operation)}</section>'
            )
    shapes = "".join(
        f'<section id="{escape(name)}"><h3><code>{escape(name)}</code></h3>'
        f"{_text(schema.get('description', ''))}{_schema(schema)}</section>"
        for name, schema in document["components"]["schemas"].items()
    )
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}: REST</title><style>{STYLE}</style>"
        f"<h1>{escape(info['title'])}: REST</h1>{_text(info['description'])}"
        f"<nav>{''.join(links)}</nav>{''.join(sections)}<h2>Shapes</h2>{shapes}</html>"
    )


def _operation(operation: dict[str, Any]) -> str:
    parts = [_text(operation["summary"]), _text(operation["description"])]
    if parameters := operation.get("parameters"):
        parts.append(
            _table(
                ("parameter", "in", "schema"),
                [(f"`{p['name']}`", p["in"], f"`{json.dumps(p['schema'])}`") for p in parameters],
            )
        )
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_text(f"Body, {media}:") + _schema(content["schema"]))
    answers = []
    for status, response in operation["responses"].items():
        answers.append((status, response["description"]))
        for media, content in response.get("content", {}).items():
            data = content["schema"].get("properties", {}).get("data")
            if data is not None:
                parts.append(_text(f"`data` of {status}, {media}:") + _schema(data))
    parts.append(_table(("status", "meaning"), answers))
    return "".join(parts)


def _schema(schema: dict[str, Any]) -> str:
    shown = {key: value for key, value in schema.items() if key not in ("title", "description")}
    text = escape(json.dumps(shown, indent=2, ensure_ascii=False), quote=False)
    linked = re.sub(
        r'"\$ref": "#/components/schemas/(\w+)"', r'"$ref": "<a href="#\1">\1</a>"', text
    )
    return f"<pre>{linked}</pre>"


def _table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _text(text: str) -> str:
    return f"<p>{_inline(text)}</p>" if text else ""


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
