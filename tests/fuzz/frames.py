"""A session, sent whatever frames there may be: it answers a ping afterwards, or is closed with a
code that says what was wrong."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.fuzz.shapes import Shapes, broken, nearly, write
from tests.fuzz.target import MODEL

PATIENCE_S = 20.0
"""For the last answer, after everything that was asked before it."""

LIVES = frozenset({1008, 4429})
"""After text alone: too many bad frames, or commands far above their rate."""

ENDS = LIVES | {1002, 1003, 1006, 1007, 1009}
"""After frames that break the protocol: RFC 6455's own codes; or none, where TCP resets what was
not read to its end, and the close frame is lost with it."""

WORDS = {"model": [MODEL], "agent": ["assistant"]}

Wire = tuple[Opcode, bytes, bool]
"""One frame: ``fin`` last."""


class Act(NamedTuple):
    """Frames sent one after the other. ``breaks``: the connection may end by them. ``asks``: the id
    of a command that is valid, so that it has one answer."""

    frames: list[Wire]
    breaks: bool = False
    asks: str | None = None


@dataclass
class FrameFuzzer:
    """``document``: the AsyncAPI document; ``channel``: which of its protocols; ``seen``: what
    was heard, and how sessions ended."""

    url: str
    key: str
    document: dict[str, Any]
    ids: list[str]
    channel: str = "session"
    flaws: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def run(self, seconds: float, number: int, batch: int = 50) -> None:
        """Fuzz for so long; ``number`` is the seed of what is drawn."""
        ends, chance = time.monotonic() + seconds, random.Random(number)
        scripts = sessions(self._commands())
        check = self._checker()
        while time.monotonic() < ends:

            @seed(chance.getrandbits(32))
            @settings(
                max_examples=batch,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(scripts)
            def play(script: list[Act]) -> None:
                if time.monotonic() < ends:
                    self._play(script, check)

            play()

    def _commands(self) -> SearchStrategy[dict[str, Any]]:
        named = self.document["components"]["schemas"]
        shapes = Shapes(named, self.ids, WORDS)
        asked = [
            operation["messages"][0]["$ref"].rpartition("/")[2]
            for operation in self.document["operations"].values()
            if operation["action"] == "receive"
            and operation["channel"]["$ref"].endswith(f"/{self.channel}")
        ]
        kinds = [named[name] for name in asked]
        # Nothing obliges a turn to have a text, and without one it mostly has nothing to say.
        said = [
            {**kind, "required": [*kind["required"], "text"]}
            for kind in kinds
            if "text" in kind["properties"]
        ]
        return st.one_of([shapes.values(kind) for kind in [*kinds, *said, *said]])

    def _checker(self) -> Callable[[Any], str | None]:
        """Says what is wrong with an event."""
        known: dict[str, Draft202012Validator] = {
            message["name"]: Draft202012Validator(
                {
                    **self.document["components"]["schemas"][name],
                    "components": self.document["components"],
                }
            )
            for name, message in self.document["components"]["messages"].items()
        }

        def check(event: Any) -> str | None:
            validator = known.get(event.get("type", ""))
            if validator is None:
                return "an event of no documented type"
            flaw = next(validator.iter_errors(event), None)
            return flaw and f"{event['type']} {flaw.json_path}: {flaw.message}"

        return check

    def _play(self, script: list[Act], check: Callable[[Any], str | None]) -> None:
        may_end = ENDS if any(act.breaks for act in script) else LIVES
        try:
            with self._connect() as socket:
                self._check_all(socket, script, check)
            self.seen["alive"] += 1
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            self.seen[str(code)] += 1
            if code not in may_end:
                self._tell(f"closed with {code}", script)
        except TimeoutError:
            self._tell("stuck: no answer", script)
        except OSError as error:
            self.seen["cut off"] += 1
            if may_end is LIVES:
                self._tell(f"cut off: {error!r}", script)

    def _connect(self) -> ClientConnection:
        return connect(
            self.url,
            subprotocols=[Subprotocol(self._subprotocol())],
            additional_headers={"Authorization": f"Bearer {self.key}"},
            compression=None,
            close_timeout=5,
        )

    def _subprotocol(self) -> str:
        bindings = self.document["channels"][self.channel]["bindings"]["ws"]["headers"]
        told: str = bindings["properties"]["Sec-WebSocket-Protocol"]["const"]
        return told

    def _check_all(
        self, socket: ClientConnection, script: list[Act], check: Callable[[Any], str | None]
    ) -> None:
        for act in script:
            raw = b"".join(_serialize(*wire) for wire in act.frames)
            socket.socket.sendall(raw)
        # The one protocol has a pong for it, the other an error: both are alive.
        socket.send('{"type":"ping","id":"still-here"}')
        answers = {act.asks: 0 for act in script if act.asks} | {"still-here": 0}
        ends = time.monotonic() + PATIENCE_S
        while not all(answers.values()):
            event = json.loads(socket.recv(timeout=max(0.0, ends - time.monotonic())))
            self.seen[event["type"]] += 1
            if wrong := check(event):
                self._tell(wrong, script)
            if (asked := event.get("re")) in answers:
                answers[asked] += 1
        if max(answers.values()) > 1:
            self._tell("answered twice", script)

    def _tell(self, what: str, script: list[Act]) -> None:
        """Once for every kind of trouble, with the frames that made it."""
        if not any(flaw.startswith(what) for flaw in self.flaws):
            frames = [
                (kind.name, data[:2_000], fin) for act in script for kind, data, fin in act.frames
            ]
            self.flaws.append(f"{what}\n    {frames}")


def _serialize(kind: Opcode, data: bytes, fin: bool) -> bytes:
    """The frame, also where the library would not send it: it wants control frames whole."""
    whole = Frame(kind, data).serialize(mask=True)
    return whole if fin else bytes([whole[0] & 0x7F]) + whole[1:]


def sessions(valid: SearchStrategy[dict[str, Any]]) -> SearchStrategy[list[Act]]:
    """What a client may do, well or badly meant, and at times something that ends it."""
    good = st.builds(_asking, valid, st.uuids(), st.booleans())
    bad = st.builds(write, nearly(valid), plain=st.booleans())
    texts = st.one_of(bad, broken(valid)).map(lambda text: text.encode("utf-8", "replace"))
    whole = texts.map(lambda text: Act([(Opcode.TEXT, text, True)]))
    pieces = st.builds(_pieces, texts, st.integers(1, 6))
    some = st.lists(st.one_of(good, whole, pieces), min_size=1, max_size=8)
    return st.one_of(some, some, st.builds(lambda acts, last: [*acts, last], some, _rude(texts)))


def _asking(message: dict[str, Any], name: UUID, plain: bool) -> Act:
    text = write({**message, "id": name.hex}, plain=plain).encode()
    return Act([(Opcode.TEXT, text, True)], asks=name.hex)


def _pieces(text: bytes, number: int) -> Act:
    """The same message in fragments, with a ping in between, as the protocol allows."""
    size = max(1, -(-len(text) // number))
    cut = [text[at : at + size] for at in range(0, len(text), size)] or [b""]
    frames: list[Wire] = []
    for at, piece in enumerate(cut):
        frames.append((Opcode.CONT if at else Opcode.TEXT, piece, at == len(cut) - 1))
        frames.append((Opcode.PING, b"between", True))
    return Act(frames)


def _rude(texts: SearchStrategy[bytes]) -> SearchStrategy[Act]:
    """Frames that RFC 6455 or our limits forbid."""
    return st.one_of(
        texts.map(lambda text: Act([(Opcode.BINARY, text, True)], breaks=True)),
        st.binary(max_size=50).map(
            lambda raw: Act([(Opcode.TEXT, b'"\xff' + raw, True)], breaks=True)
        ),
        texts.map(lambda text: Act([(Opcode.CONT, text, True)], breaks=True)),
        texts.map(
            lambda text: Act([(Opcode.TEXT, text, False), (Opcode.TEXT, text, True)], breaks=True)
        ),
        st.just(Act([(Opcode.PING, b"", False)], breaks=True)),
        st.just(Act([(Opcode.TEXT, b'"' + b"x" * 300_000 + b'"', True)], breaks=True)),
    )
