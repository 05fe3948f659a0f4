"""Photos on the wire."""

from typing import Self

from web.photos.models import PublicPicture
from web.photos.pictures import sizes_of
from web.schemas import Schema


class PhotoCard(Schema):
    """A photo that I may see. large, small: links to WebP of at most 1600 and 400 pixels, good for five minutes; width,
    height: of the large one.
    """

    id: int
    width: int
    height: int
    large: str
    small: str


class PictureCard(Schema):
    """A picture of the platform's own. picture: what a service, a category or a banner says to show it.

    sizes: the longest side in pixels at most -> URL; width, height: of the largest.
    """

    picture: str
    width: int
    height: int
    sizes: dict[str, str]

    @classmethod
    def of(cls, row: PublicPicture) -> Self:
        """From the row."""
        return cls(picture=str(row), width=row.width, height=row.height, sizes=sizes_of(str(row)))
