"""Bytes that somebody sent, made into pictures of ours: checked before they are unpacked, and encoded anew.

What comes out was drawn by us: no EXIF (it holds the place of a home), no profile, no comment, no trailing bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from web.errors import DoorbellError
from web.photos.models import SIZES

BYTES_MAX = 10 * 2**20
PIXELS_MAX = 50_000_000
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True)
class Picture:
    """files: size -> WebP. width, height: of the large one, in pixels."""

    files: dict[str, bytes]
    width: int
    height: int


def pictures_of(data: bytes, *, sizes: Mapping[str, int] = SIZES) -> Picture:
    """sizes: name -> the longest side at most.

    Raises DoorbellError photo_too_large (bytes or pixels), photo_animated, photo_unreadable."""
    if len(data) > BYTES_MAX:
        raise DoorbellError("photo_too_large", details={"bytes_max": BYTES_MAX})
    try:
        image = _opened(data)
        # A phone's JPEG may hold a second picture (depth, brightness): only the first one is looked at.
        if getattr(image, "is_animated", False) and image.format in ("PNG", "WEBP"):
            raise DoorbellError("photo_animated")
        return _drawn(image, sizes)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, ZeroDivisionError):
        # What Pillow raises on bytes that are no picture, or only the beginning of one.
        raise DoorbellError("photo_unreadable") from None


def _opened(data: bytes) -> Image.Image:
    """Its head only: by content, whatever its name says. Pillow has a limit of its own, above ours."""
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DoorbellError("photo_too_large", details={"pixels_max": PIXELS_MAX}) from None
    if image.width * image.height > PIXELS_MAX:
        raise DoorbellError("photo_too_large", details={"pixels_max": PIXELS_MAX})
    return image


def _drawn(image: Image.Image, sizes: Mapping[str, int]) -> Picture:
    largest = max(sizes.values())
    # A JPEG is unpacked no larger than needed.
    image.draft("RGB", (largest, largest))
    upright = _opaque(ImageOps.exif_transpose(image))
    files = {}
    for name, side in sorted(sizes.items(), key=lambda size: -size[1]):
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        if side == largest:
            width, height = upright.size
        files[name] = _encoded(upright)
    return Picture(files, width, height)


def _opaque(image: Image.Image) -> Image.Image:
    """On white, where it is transparent; a canvas of ours in any case, which knows nothing of where it comes from."""
    canvas = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        canvas.paste(image, mask=image.getchannel("A"))
    else:
        canvas.paste(image.convert("RGB"))
    return canvas


def _encoded(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=QUALITY, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
