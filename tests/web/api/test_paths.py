"""Operations of one path may live in several routers."""

from http import HTTPStatus

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from ninja import Router

from web.openapi import DoorbellAPI

reading, writing = Router(), Router()


@reading.get("/things/{number}")
def read(request: HttpRequest, number: int) -> int:
    return number


@writing.post("/things/{number}")
async def write(request: HttpRequest, number: int) -> int:
    return -number


probe = DoorbellAPI(urls_namespace="probe")
probe.add_router("", reading)
probe.add_router("", writing)
urlpatterns = [path("api/", probe.urls)]


@pytest.mark.urls(__name__)
def test_each_method_finds_its_operation_and_a_third_hears_of_both() -> None:
    client = Client()
    assert client.get("/api/things/7").json() == 7
    assert client.post("/api/things/7").json() == -7
    refused = client.delete("/api/things/7")
    assert refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert refused["Allow"] == "GET, POST"


def test_the_documentation_has_both() -> None:
    assert set(probe.get_openapi_schema(path_prefix="/api/")["paths"]["/api/things/{number}"]) == {"get", "post"}
