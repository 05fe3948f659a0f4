"""The cheapest WebSocket client that still decodes all it gets: where there are many, they must not be what is
measured. Imports nothing of the hub."""

import asyncio
import base64
import json
import os
import zlib
from typing import Any, cast

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
COMPRESSED = 0x40
ABNORMAL = 1006


class LeanSocket(asyncio.Protocol):
    """Subclasses say what to do when it is open, with each message, and at its end."""

    transport: asyncio.Transport

    def __init__(self, path: str, *, deflate: bool = False) -> None:
        """`deflate` offers the server to compress, as browsers do."""
        self._path = path
        self._buffer = bytearray()
        self._inflating = zlib.decompressobj(-zlib.MAX_WBITS) if deflate else None
        self.is_open = False
        # What the server closed with.
        self.code = ABNORMAL

    def opened(self) -> None:
        pass

    def heard(self, message: Any) -> None:
        pass

    def ended(self) -> None:
        pass

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET {self._path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        if self._inflating is not None:
            head += "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        self.transport.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())

    def connection_lost(self, error: Exception | None) -> None:
        self.ended()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.is_open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self.is_open = True
            self.opened()
        lines: list[bytes] = []
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == TEXT:
                lines.append(payload)
            elif opcode == PING:
                self.send(payload, PONG)
            elif opcode == CLOSE:
                self.code = int.from_bytes(payload[:2], "big")
                self.send(payload[:2], CLOSE)
                self.transport.close()
        if lines:
            self.received(b"\n".join(lines))

    def received(self, lines: bytes) -> None:
        """What came at once: one message on each line."""
        for line in lines.split(b"\n"):
            self._line(json.loads(line))

    def _line(self, message: Any) -> None:
        if message == {}:
            self.send(b"{}")
        else:
            self.heard(message)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, head = buffer[1] & 127, 2
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(buffer[2:head], "big")
        if len(buffer) < head + size:
            return None
        opcode, payload = buffer[0] & 15, bytes(buffer[head : head + size])
        if buffer[0] & COMPRESSED and self._inflating is not None:
            payload = self._inflating.decompress(payload + b"\0\0\xff\xff")
        del buffer[: head + size]
        return opcode, payload

    def send(self, message: bytes, opcode: int = TEXT) -> None:
        size = len(message)
        head = (
            bytes([0x80 | opcode, 0x80 | size])
            if size < 126
            else bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2, "big")
        )
        self.transport.write(head + b"\0\0\0\0" + message)
