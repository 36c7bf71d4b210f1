"""Azure OpenAI: OpenAI's wire at deployments that the customer named."""

import httpx2
from openai import AsyncAzureOpenAI

from agents.providers.openai_chat import ChatProvider, http_timeout
from agents.providers.openai_request import Habits
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock, utc_now

API_VERSION = "2024-10-21"
"""The newest dated one that is generally available; it has tools, pictures and JSON Schemas."""


class AzureProvider(ChatProvider):
    """A model's name is that of its deployment: ``/openai/deployments/NAME/chat/completions``.

    What its content filter refuses is ``ContentBlocked`` where it refuses the input, and the finish
    reason ``content_filter`` where it cuts the answer off.
    """

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str,
        api_version: str = API_VERSION,
        name: str = "azure",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
    ) -> None:
        client = AsyncAzureOpenAI(
            api_key=api_key,
            azure_endpoint=base_url,
            api_version=api_version,
            http_client=http,
            max_retries=0,
            timeout=http_timeout(timeouts),
        )
        super().__init__(client, name=name, habits=Habits.AZURE, timeouts=timeouts, clock=clock)
