import pytest
from django.test import AsyncClient


async def test_healthz_answers_without_touching_anything(async_client: AsyncClient) -> None:
    assert (await async_client.get("/healthz")).status_code == 200


@pytest.mark.django_db
async def test_readyz_names_every_part(async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")
    assert answer.json()["parts"]["redis"] == "ok"
    assert answer.json()["parts"]["temporal"] == "ok"
    assert answer.json()["parts"]["postgresql"] == "ok"
