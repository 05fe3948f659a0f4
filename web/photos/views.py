"""The platform's own pictures, where no other server has them: named by what is in them, so kept for ever."""

from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, folder: str, file: str) -> HttpResponse:
    """One size of one picture."""
    try:
        with storages["public"].open(f"pictures/{folder}/{file}") as opened:
            data: bytes = opened.read()
    except FileNotFoundError:
        return HttpResponseNotFound()
    return HttpResponse(data, content_type="image/webp", headers={"Cache-Control": FOR_EVER})
