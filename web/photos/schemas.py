"""Photos on the wire."""

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
