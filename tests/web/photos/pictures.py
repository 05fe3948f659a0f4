"""Pictures as phones and attackers send them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from tests.web.people import Api, body_of
from web.accounts.models import User

PLANTED = "密语路731号"
ORIENTATION, DESCRIPTION, GPS = 0x0112, 0x010E, 0x8825


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """One colour."""
    out = BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def sent_photo(owner: User, size: tuple[int, int] = (64, 48)) -> int:
    """The id of a photo that somebody has sent and not used yet."""
    return int(body_of(Api(owner).raw("POST", "/photos", picture(size=size), "image/jpeg"))["id"])


def from_a_phone(*, orientation: int = 6, size: tuple[int, int] = (3000, 2000)) -> bytes:
    """Lying on its side, with the place of a home in it."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = orientation, PLANTED
    exif[GPS] = {1: "N", 2: (30.0, 16.0, 12.0), 3: "E", 4: (120.0, 9.0, 0.0)}
    return picture(size=size, exif=exif, comment=PLANTED.encode())


def animated(kind: str) -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that claims to be `side` × `side` pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * (side // 8 + 1) * 64)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
