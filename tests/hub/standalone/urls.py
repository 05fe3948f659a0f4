import json
from hmac import compare_digest

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import hub
from hub.errors import BadEvent, UnknownTopic

API_KEY = "test-api-key"


@csrf_exempt
@require_POST
def publish(request: HttpRequest) -> JsonResponse:
    """`{channel, data}` → `{result: {}}`, as Centrifugo's HTTP API answers it."""
    if not compare_digest(request.headers.get("X-API-Key", "").encode(), API_KEY.encode()):
        return JsonResponse({"error": {"code": 401, "message": "unauthorized"}}, status=401)
    try:
        body = json.loads(request.body)
        with hub.atomic():
            hub.publish_bare(body["channel"], data=body["data"])
    except UnknownTopic:
        return JsonResponse({"error": {"code": 102, "message": "unknown channel"}})
    except (ValueError, KeyError, TypeError, RecursionError, RequestDataTooBig, BadEvent):
        return JsonResponse({"error": {"code": 107, "message": "bad request"}})
    return JsonResponse({"result": {}})


urlpatterns = [path("api/publish", publish)]
