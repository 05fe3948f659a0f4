"""What a form says of a picture."""

from django.core.exceptions import ValidationError

from web.errors import DoorbellError
from web.photos.pictures import unknown_pictures

UNKNOWN = DoorbellError("photo_unknown").message


def checked_picture(value: str) -> str:
    """As it was said. Raises ValidationError for one that is not there."""
    if unknown_pictures([value]):
        raise ValidationError(UNKNOWN)
    return value
