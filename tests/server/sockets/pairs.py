"""Two servers on the same engines, and what tests of both begin with."""

from dataclasses import dataclass
from typing import Any

from tests.server.sockets.scene import Person, Scene, Talk
from tests.support.eventually import eventually

LONG = "[demo: slow] [demo: long 5000] x"


@dataclass(frozen=True)
class Pair:
    here: Scene
    there: Scene

    async def hears(self, person: Person) -> None:
        """Wait until news of ``person`` reaches the second server."""
        bell = self.there.harness.process.bell
        await eventually(
            lambda: any(w.user == person.caller.user_id and w.is_heard for w in watched(bell))
        )


def watched(bell: Any) -> list[Any]:
    return list(bell._watched.values())


async def conversation_of(talk: Talk) -> str:
    """A conversation with an ended turn."""
    first = await talk.start("begin")
    await talk.outcome(first["turnId"])
    return str(first["conversationId"])
