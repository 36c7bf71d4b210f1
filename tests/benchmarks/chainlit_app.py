"""What Chainlit serves: the streaming example of its manual, in an environment of its own."""

import os

import chainlit  # type: ignore[import-not-found]
from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=os.environ["PROVIDER_URL"], api_key="sk-benchmark")


@chainlit.on_message  # type: ignore[untyped-decorator]
async def answer(message: "chainlit.Message") -> None:
    told = chainlit.Message(content="")
    stream = await client.chat.completions.create(
        model="gpt-4.1", messages=[{"role": "user", "content": message.content}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            await told.stream_token(text)
    await told.update()
