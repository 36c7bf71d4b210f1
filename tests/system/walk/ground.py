"""What there is to be asked for: one owner's things, made when a row first names them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx2

from knowledge.hostdata import put_campaigns
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.persistence import conversations, members, people
from server.routes.services import Services
from tests.billing.incidents import make_alert
from tests.knowledge.hosts import campaign
from tests.server.routes.office import Office
from tests.server.routes.site import ADDRESS, data
from tests.support.pictures import png
from tests.system.walk import rows
from tests.system.walk.posted import POSTED, Posted

MODEL = "demo/causerie-demo"


@dataclass
class Ground:
    """``owner`` has it all; ``member`` is in the same workspace, ``other`` is nobody to either, as
    is ``admin``. The admin of ``office`` does what has to be done."""

    office: Office
    owner: Principal
    member: Principal
    other: Principal
    admin: Principal
    browser: httpx2.AsyncClient
    made: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return self.office.site.services

    async def id_of(self, kind: str, *, anew: bool = False) -> str:
        """The thing of that kind: the same one always, or another."""
        if anew or kind not in self.made:
            made = self._posted(POSTED[kind]) if kind in POSTED else MAKERS[kind](self)
            self.made[kind] = str(await made)
        return self.made[kind]

    def forget(self, kind: str) -> None:
        """It was deleted: whoever asks for that kind next gets another."""
        self.made.pop(kind, None)

    async def created(self, path: str, status: int = 201, *, body: dict[str, Any]) -> Any:
        return data(await self.browser.post(path, json=body), status)

    async def _posted(self, posted: Posted) -> str:
        browser = self.office.browser if posted.path.startswith("/api/admin/") else self.browser
        answer = await browser.post(posted.path, json=posted.body())
        return str(data(answer, posted.status)[posted.name])

    async def conversation_of(self, user: UUID | None) -> str:
        """A new one of that user's; of nobody, one that never was."""
        made = new_id()
        if user is not None:
            async with self.services.database.transaction() as tx:
                await conversations.insert_conversation(
                    tx,
                    made,
                    user,
                    (await people.list_memberships(tx, user))[0].id,
                    title="Walked",
                    agent=None,
                    model=None,
                    preset=None,
                )
        return str(made)

    async def join(self, user: UUID) -> None:
        """Let somebody into the workspace."""
        workspace = UUID(await self.id_of("workspace"))
        async with self.services.database.transaction() as tx:
            await members.join(tx, workspace, user, "member")


async def break_ground(office: Office) -> Ground:
    person = office.site.harness.person
    owner = await person()
    browser = await office.site.signed_in(owner)
    admin = await office.new_admin()
    return Ground(office, owner, await person(), await person(), admin, browser)


async def _message(ground: Ground) -> str:
    """A message of the owner's conversation that was answered."""
    conversation = await ground.id_of("conversation", anew=True)
    said = {"text": "hello", "model": MODEL, "clientMessageId": str(new_id())}
    turn = await ground.created(f"/api/conversations/{conversation}/messages", 200, body=said)
    ground.made["turn"] = turn["id"]
    shown = data(await ground.browser.get(f"/api/conversations/{conversation}"))
    return str(shown["messages"][0]["id"])


async def _turn(ground: Ground) -> str:
    await ground.id_of("message", anew=True)
    return ground.made["turn"]


async def _said_message(ground: Ground) -> str:
    """One of the conversation that is at hand."""
    path = f"/api/conversations/{await ground.id_of('conversation')}"
    said = {"text": "hello", "model": MODEL, "clientMessageId": str(new_id())}
    await ground.created(f"{path}/messages", 200, body=said)
    return str(data(await ground.browser.get(path))["messages"][-1]["id"])


async def _media(ground: Ground) -> str:
    sent = await ground.browser.post("/api/media", content=png())
    return str(data(sent, 201)["id"])


async def _delivery(ground: Ground) -> str:
    return await rows.delivery(ground.services, UUID(await ground.id_of("hook")))


async def _session(ground: Ground) -> str:
    """Another browser of the owner's."""
    await ground.office.site.signed_in(ground.owner)
    return str(data(await ground.browser.get("/api/auth/sessions"))["items"][0]["id"])


async def _preset(ground: Ground, *, shared: bool = False) -> str:
    workspace = await ground.id_of("workspace")
    body = {"name": "A preset", "shared": shared, "workspaceId": workspace}
    return str((await ground.created("/api/presets", body=body))["id"])


async def _campaign(ground: Ground) -> str:
    told = campaign(str(new_id()))
    async with ground.services.database.transaction() as tx:
        await put_campaigns(tx, ground.owner.user_id, [told], utc_now())
    return told.external_id


async def _linked_insight(ground: Ground) -> str:
    spring, insight = await ground.id_of("campaign"), await ground.id_of("insight", anew=True)
    path = f"/api/campaigns/{spring}/insights"
    await ground.created(path, 200, body={"insightId": insight})
    return insight


async def _workspace(ground: Ground) -> str:
    workspace = str((await ground.created("/api/workspaces", body={"name": "Shared"}))["id"])
    ground.made["workspace"] = workspace
    await ground.join(ground.member.user_id)
    return workspace


async def _membership(ground: Ground) -> str:
    """The member's, who may just have been removed."""
    await ground.join(ground.member.user_id)
    return str(ground.member.user_id)


async def _invitation(ground: Ground) -> str:
    workspace = await ground.id_of("workspace")
    body = {"email": f"{new_id()}@example.com"}
    return str((await ground.created(f"/api/workspaces/{workspace}/invitations", body=body))["id"])


async def _foreign_invitation(ground: Ground) -> str:
    """Into a workspace of somebody else's."""
    return str((await _invitation_of_another(ground))["id"])


async def _invitation_secret(ground: Ground) -> str:
    return str((await _invitation_of_another(ground))["link"]).partition("#")[2]


async def _invitation_of_another(ground: Ground) -> Any:
    site = ground.office.site
    host = await site.signed_in(await site.harness.person())
    made = data(await host.post("/api/workspaces", json={"name": "Elsewhere"}), 201)
    path = f"/api/workspaces/{made['id']}/invitations"
    return data(await host.post(path, json={"email": f"{new_id()}@example.com"}), 201)


async def _outsider(ground: Ground) -> str:
    return str((await ground.office.site.harness.person()).user_id)


async def _price(ground: Ground) -> str:
    """The moment from which a price of MODEL holds that can still be taken back."""
    ahead = datetime(2900, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=new_id().int >> 80 & 0xFFFFFFF
    )
    body = {"model": MODEL, "input": "1", "output": "2", "effectiveFrom": ahead.isoformat()}
    made = data(await ground.office.browser.post("/api/admin/prices", json=body), 201)
    return str(made["effectiveFrom"])


async def _pause(ground: Ground) -> str:
    body = {"scope": "creator", "key": await _outsider(ground), "reason": "Walked."}
    made = data(await ground.office.browser.post("/api/admin/pauses", json=body), 201)
    return str(made["id"])


async def _alert(ground: Ground) -> str:
    return str(await make_alert(ground.services.database, scope_key=str(new_id())))


def _row(
    put: Callable[[Services, UUID], Awaitable[str]],
) -> Callable[[Ground], Awaitable[str]]:
    return lambda ground: put(ground.services, ground.owner.user_id)


MAKERS: dict[str, Callable[[Ground], Awaitable[str]]] = {
    "message": _message,
    "turn": _turn,
    "said message": _said_message,
    "media": _media,
    "export": _row(rows.export),
    "notification": _row(rows.notification),
    "hook": _row(rows.hook),
    "delivery": _delivery,
    "session": _session,
    "preset": _preset,
    "shared preset": partial(_preset, shared=True),
    "campaign": _campaign,
    "linked insight": _linked_insight,
    "workspace": _workspace,
    "membership": _membership,
    "invitation": _invitation,
    "foreign invitation": _foreign_invitation,
    "invitation secret": _invitation_secret,
    "outsider": _outsider,
    "price": _price,
    "pause": _pause,
    "month": lambda ground: rows.month(ground.services),
    "alert": _alert,
}

__all__ = ["ADDRESS", "MODEL", "Ground", "break_ground"]
