"""What a Python user would otherwise pick, for comparison: stock Channels, as its documentation has it."""

import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer


class StockConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        await self.channel_layer.group_add("bench", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("bench", self.channel_name)

    async def bench_event(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"event": event["text"]}))
