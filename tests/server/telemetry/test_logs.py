"""Lines that a machine can read, and a person, without what must stay secret."""

import io
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import anyio
import pytest

from server.telemetry.logs import bound, configure, current_ids, fields

log = logging.getLogger("tests.logs")
TURN = UUID("0192aaaa-0000-7000-8000-000000000001")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def lines(style: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(level=level, style=style, secrets=["swordfish"], stream=stream)  # type: ignore[arg-type] # a literal in every call
    return stream


def test_a_line_is_one_json_object_with_ids_and_figures() -> None:
    stream = lines()
    with bound(turn_id=TURN), bound(request_id="r1"):
        log.info("turn.completed", extra=fields(output_tokens=7, name="no collision"))
    line = json.loads(stream.getvalue())
    assert line["message"] == "turn.completed"
    assert line["level"] == "info"
    assert (line["turn_id"], line["request_id"]) == (str(TURN), "r1")
    assert (line["output_tokens"], line["name"]) == (7, "no collision")


def test_figures_given_the_plain_way_are_there_too() -> None:
    stream = lines()
    log.info("drain.started", extra={"turns": 3})
    assert json.loads(stream.getvalue())["turns"] == 3
    assert set(json.loads(stream.getvalue())) == {"at", "level", "logger", "message", "turns"}


def test_ids_leave_with_their_scope_and_enter_tasks_started_inside() -> None:
    seen: list[dict[str, str]] = []

    async def note() -> None:
        seen.append(dict(current_ids()))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            with bound(session_id="s1"):
                tasks.start_soon(note)
        await note()

    anyio.run(main)
    assert seen == [{"session_id": "s1"}, {}]


def test_a_traceback_stays_inside_its_line_and_tells_no_secret() -> None:
    stream = lines()
    try:
        raise ValueError("the password is swordfish")
    except ValueError:
        log.exception("internal")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "ValueError" in json.loads(text)["error"]
    assert "swordfish" not in text


@pytest.mark.parametrize("style", ["json", "text"])
def test_secrets_in_messages_and_figures_are_hidden(style: str) -> None:
    stream = lines(style)
    log.info("with %s", "swordfish", extra=fields(header="Bearer abcdef1234", nested=["swordfish"]))
    assert "swordfish" not in stream.getvalue()
    assert "abcdef1234" not in stream.getvalue()


def test_what_json_cannot_hold_is_written_all_the_same() -> None:
    stream = lines()
    log.info("half a pair: \ud83d")
    assert "half a pair" in json.loads(stream.getvalue())["message"]


def test_text_is_short() -> None:
    stream = lines("text")
    log.warning("outbox.late", extra=fields(seconds=3))
    assert stream.getvalue()[9:] == "warning outbox.late seconds=3\n"


def test_libraries_speak_from_warning_on() -> None:
    stream = lines()
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("httpx2").info("HTTP Request: POST")
    assert stream.getvalue() == ""
    logging.getLogger("uvicorn.error").error("trouble")
    assert "trouble" in stream.getvalue()


def test_configuring_again_replaces() -> None:
    lines()
    second = lines(level="warning")
    log.info("too quiet")
    log.warning("heard once")
    assert second.getvalue().count("\n") == 1
