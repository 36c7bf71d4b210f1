"""A provider that fails, as an operator sees it: well, left alone, tried again, back. By hand:

    .venv/bin/python -m tests.system.provider_breakers

It starts a server with private engines in a temporary folder and the defaults of retries and
breakers, lets one provider fail, and prints what readiness, the admin's list of providers and the
metrics say at each step. It takes a minute. Nothing here is a test.
"""

import argparse
import asyncio
import json
import time

from click import echo

from tests.support.eventually import eventually
from tests.support.providers.plays import Play
from tests.system.provider_scene import MODELS, Scene, Witness, scene, tell_machine

DEFAULTS = {"PROVIDER_ATTEMPTS": "3", "BREAKER_CALLS": "10"}
"""What the server does where nobody says otherwise; tests say otherwise."""

MODEL = MODELS["anthropic"]
STAND_IN = MODELS["gemini"]
METRICS = ("model_left_alone", "provider_calls_total")


class Operator:
    """Asks the three places that an operator can look at."""

    def __init__(self, scene: Scene, model: str) -> None:
        self._scene = scene
        self._model = model
        self._began = time.monotonic()

    async def look(self, title: str) -> None:
        async with self._scene.live.http(self._scene.key) as http:
            ready = (await http.get("/healthz/ready")).json()
            listed = (await http.get("/api/admin/providers")).json()["data"]["items"]
            metrics = (await http.get("/metrics")).text
        provider = self._model.partition("/")[0]
        models = next(item["models"] for item in listed if item["provider"] == provider)
        view = next(model for model in models if model["model"] == self._model)
        left_alone = ready["data"]["modelsLeftAlone"]
        echo(f"\n{time.monotonic() - self._began:.1f} s: {title}")
        echo(f"  /healthz/ready: ready {ready['data']['ready']}, modelsLeftAlone {left_alone}")
        echo(f"  /api/admin/providers: {json.dumps(view)}")
        for line in metrics.splitlines():
            of_model = f'"{self._model}"' in line or f'provider="{provider}"' in line
            if line.startswith(METRICS) and of_model:
                echo(f"  /metrics: {line}")

    async def state(self) -> str:
        async with self._scene.live.http(self._scene.key) as http:
            listed = (await http.get("/api/admin/providers")).json()["data"]["items"]
        return str(
            next(m["state"] for item in listed for m in item["models"] if m["model"] == self._model)
        )


async def say(client: Witness, model: str = MODEL) -> str:
    """What one turn came to, and how long it took."""
    began = time.monotonic()
    turn, outcome = await client.say("Tell me", model=model)
    kinds = ", ".join(kind.removeprefix("turn.") for kind in client.kinds[turn.turn_id])
    error = outcome.get("error")
    words = f": {json.dumps(error)}" if error else ""
    charged = outcome["receipt"]["charged"]
    return f"{kinds} after {time.monotonic() - began:.2f} s, {charged} credits{words}"


async def story() -> None:
    async with scene(**DEFAULTS) as there, there.session() as client:
        stub, operator = there.stubs["anthropic"], Operator(there, MODEL)
        echo(f"a turn: {await say(client)}")
        await operator.look("all is well")
        stub.default = Play(status=529)
        turns = await asyncio.gather(*(say(client) for _ in range(4)))
        echo("\nfour turns: " + "\n            ".join(turns))
        await operator.look("the breaker has opened")
        before = len(stub.exchanges)
        echo(f"\na turn: {await say(client)}")
        echo(f"requests that reached the provider meanwhile: {len(stub.exchanges) - before}")

        async def probed() -> bool:
            await client.say("Tell me", model=MODEL)
            return len(stub.exchanges) > before

        await eventually(probed, 30)
        await operator.look("a probe has failed")
        stub.default = Play()

        async def back() -> bool:
            await client.say("Tell me", model=MODEL)
            return await operator.state() == "closed"

        await eventually(back, 30)
        await operator.look("a probe was answered")
        echo(f"\na turn: {await say(client)}")
        echo(f"\nreconcile: {(await there.live.cli('reconcile')).strip()}")


async def with_a_stand_in() -> None:
    async with (
        scene(**DEFAULTS, MODEL_FALLBACKS=f"{MODEL}={STAND_IN}") as there,
        there.session() as client,
    ):
        echo(f"\nwith MODEL_FALLBACKS={MODEL}={STAND_IN}")
        there.stubs["anthropic"].default = Play(status=529)
        turns = await asyncio.gather(*(say(client) for _ in range(4)))
        echo("four turns: " + "\n            ".join(turns))
        echo(f"a turn while it is left alone: {await say(client)}")


async def everything() -> None:
    await story()
    await with_a_stand_in()


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    ).parse_args()
    tell_machine("anthropic")
    asyncio.run(everything())


if __name__ == "__main__":
    main()
