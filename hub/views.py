"""What an operator's machines ask a hub process over HTTP. For the urls of the project that serves it.

Guarantees that neither view touches the database or Redis. Says nothing of other processes: ask each one, not the
proxy before them.
"""

import hmac

from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hub import asgi, conf


async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for who sends HUB_METRICS_TOKEN as bearer token; 404 for all others, and where it is unset."""
    token = conf.current().metrics_token
    # Not by the address: behind a proxy on the same machine everybody comes from it.
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 `{"hub": "ok"}`, or 503 with what is wrong: it drains, or cannot read the log."""
    state = asgi.state()
    return JsonResponse({"hub": state}, status=200 if state == "ok" else 503)
