"""Ask something over a WebSocket, print the answer as it comes, then what it cost.

pip install websockets
CAUSERIE_URL=http://127.0.0.1:8000 CAUSERIE_KEY=ck_… python turn.py "Show me a table"
"""

import asyncio
import json
import os
import sys
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

URL = os.environ.get("CAUSERIE_URL", "http://127.0.0.1:8000").replace("http", "ws", 1) + "/ws"
KEY = {"Authorization": "Bearer " + os.environ["CAUSERIE_KEY"]}
ENDS = {"turn.completed", "turn.failed", "turn.cancelled"}


async def ask(text: str) -> dict:
    """The terminal event. A lost connection costs nothing: the turn goes on, and we attach."""
    turn_id, seen = None, 0
    start = {
        "type": "turn.start",
        "id": "start",
        "clientMessageId": str(uuid.uuid4()),  # sending it again never starts a second turn
        "text": text,
    }
    async for connection in connect(URL, subprotocols=["causerie.v1"], additional_headers=KEY):
        try:
            attach = {"type": "turn.attach", "id": "attach", "turnId": turn_id, "afterSeq": seen}
            await connection.send(json.dumps(attach if turn_id else start))
            async for frame in connection:
                event = json.loads(frame)
                if event["type"] == "error":
                    raise SystemExit(f"{event['code']}: {event['message']}")
                if event["type"] == "turn.started":
                    turn_id = event["turnId"]
                if event.get("turnId") != turn_id or "seq" not in event:
                    continue
                if event["type"] == "turn.attached":
                    continue
                if event["type"] == "turn.snapshot":  # authoritative: replaces what we have
                    print("\n" + event["text"], end="", flush=True)
                    seen = event["seq"]
                    event = event.get("outcome", event)
                elif event.get("fromSeq", event["seq"]) <= seen:
                    continue  # a duplicate
                seen = event["seq"]
                if event["type"] == "turn.delta":
                    print(event["text"], end="", flush=True)
                if event["type"] in ENDS:
                    return event
        except ConnectionClosed as closed:
            if closed.rcvd and closed.rcvd.code in (1002, 1003, 1007, 1008, 1009, 4401, 4403):
                raise SystemExit(f"closed with {closed.rcvd.code}: {closed.rcvd.reason}") from None
    raise SystemExit("no connection")


if __name__ == "__main__":
    outcome = asyncio.run(ask(" ".join(sys.argv[1:]) or "Show me a table"))
    print(f"\n{outcome['type']}, {outcome['receipt']['charged']} credits")
