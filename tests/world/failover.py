"""HTTP to several servers of one platform, as behind a load balancer: what one does not answer, the next one gets."""

import asyncio
import ssl
import time
from collections.abc import Sequence

import httpx

PATIENCE_S = 30.0
PAUSE_S = 0.1
BUSY_PAUSE_S = 0.5

TLS = ssl.create_default_context()
"""One for all: to make it takes 20 ms, and a test has many people."""


class Failover(httpx.AsyncBaseTransport):
    """Sends each request to the server that answered last; it is sent again, same key and body, where none answers.

    Only for requests that may be repeated, as all of the public API may: by their Idempotency-Key or by nature.
    """

    def __init__(self, base_urls: Sequence[str], *, first: int = 0) -> None:
        self._servers = [httpx.URL(url) for url in base_urls]
        self._turn = first
        self._way = httpx.AsyncHTTPTransport(verify=TLS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is not 503. Raises httpx.TransportError when patience ends."""
        gives_up_at = time.monotonic() + PATIENCE_S
        while True:
            server = self._servers[self._turn % len(self._servers)]
            request.url = request.url.copy_with(host=server.host, port=server.port)
            try:
                answer = await self._way.handle_async_request(request)
                if answer.status_code != 503 or time.monotonic() > gives_up_at:
                    return answer
                await answer.aclose()
                await asyncio.sleep(BUSY_PAUSE_S)
            except httpx.TransportError:
                if time.monotonic() > gives_up_at:
                    raise
            self._turn += 1
            await asyncio.sleep(PAUSE_S)

    async def aclose(self) -> None:
        """Closes the connections to all of them."""
        await self._way.aclose()
