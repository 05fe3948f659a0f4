"""The client app in a browser: one document for customers and workers; every page of it is behind the fragment."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

BUILT = "client/index.html"

# Nothing from anywhere else, no inline script. uni-app's own components set styles of elements.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """As `npm run build:h5` made it. Its assets have their hashes in their names; it has not, and is asked for anew."""
    file = _built()
    if file is None:
        raise Http404("the client is not built")
    response = HttpResponse(_text(file, file.stat().st_mtime_ns))
    patch_cache_control(response, no_cache=True)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _built() -> Path | None:
    collected = settings.STATIC_ROOT / BUILT
    if collected.is_file():
        return collected
    found = finders.find(BUILT)
    return Path(found) if isinstance(found, str) else None


@lru_cache(maxsize=4)
def _text(file: Path, changed: int) -> str:
    return file.read_text(encoding="utf-8")
