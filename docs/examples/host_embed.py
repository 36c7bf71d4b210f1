"""What a host application does so that a page of its own talks here without holding a key.

pip install httpx2
CAUSERIE_URL=http://127.0.0.1:8000 CAUSERIE_SERVICE_KEY=ck_… python host_embed.py
"""

import os

import httpx2

KEY = os.environ["CAUSERIE_SERVICE_KEY"]  # with the scope tickets:write; it stays on your server


def ticket_for(causerie: httpx2.Client, user: dict) -> str:
    """For one of your users: give it to your page. It works once, within 30 seconds."""
    answer = causerie.post(
        "/api/ws-tickets",
        headers={"Authorization": f"Bearer {KEY}"},
        json={"externalId": user["id"], "name": user["name"]},
    )
    answer.raise_for_status()
    return answer.json()["data"]["ticket"]


def bearer_of(causerie: httpx2.Client, ticket: str) -> str:
    """What the page does with it where a WebSocket is not enough: a bearer for 15 minutes."""
    answer = causerie.post("/api/auth/exchange", json={"ticket": ticket})
    answer.raise_for_status()
    return answer.json()["data"]["token"]


if __name__ == "__main__":
    with httpx2.Client(base_url=os.environ["CAUSERIE_URL"]) as causerie:
        bearer = bearer_of(causerie, ticket_for(causerie, {"id": 42, "name": "Ada"}))
        answer = causerie.get("/api/auth/me", headers={"Authorization": f"Bearer {bearer}"})
        answer.raise_for_status()
        print(answer.json()["data"])
