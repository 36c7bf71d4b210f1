"""OpenAI, and every server that speaks the same wire."""

import httpx2
from openai import AsyncOpenAI

from agents.providers.openai_chat import ChatProvider, http_timeout
from agents.providers.openai_request import Habits
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock, utc_now

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIProvider(ChatProvider):
    """``name`` other than ``openai``: a compatible server, of which less is taken for granted."""

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str = OPENAI_URL,
        name: str = "openai",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
    ) -> None:
        client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            http_client=http,
            max_retries=0,
            timeout=http_timeout(timeouts),
        )
        habits = Habits.VENDOR if name == "openai" else Habits.COMPATIBLE
        super().__init__(client, name=name, habits=habits, timeouts=timeouts, clock=clock)
