"""The catalogue: public, because WeChat's rule is to let people look before they log in."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import StringConstraints

from web.catalog import selectors
from web.catalog.schemas import CategoryCard, CityCard, ServiceCard, ServiceDetail
from web.openapi import refusals
from web.schemas import Id, line
from web.workforce import selectors as workforce

router = Router(auth=None)

Words = Annotated[str, line(40)]
Slug = Annotated[str, StringConstraints(max_length=50, pattern=r"^[-a-zA-Z0-9_]*$")]


@router.get("/cities", response=list[CityCard])
def list_cities(request: HttpRequest) -> list[CityCard]:
    """The cities that are served."""
    return [CityCard.of(city) for city in selectors.cities()]


@router.get("/categories", response=list[CategoryCard])
def list_categories(request: HttpRequest) -> list[CategoryCard]:
    """The trades and their parts, in the operator's order."""
    return [CategoryCard.of(category) for category in selectors.categories()]


@router.get("/services", response=list[ServiceCard])
def list_services(request: HttpRequest, category: Slug = "", city: Slug = "", q: Words = "") -> list[ServiceCard]:
    """What can be booked; `city`: only what is on the shelf there and somebody can do; `category`: with all that is
    below it; `q`: words of name or introduction.
    """
    skills = workforce.skills_in(city) if city else None
    found = selectors.services(city=city, category=category, skills=skills, words=q)
    return [ServiceCard.of(service) for service in found]


@router.get("/services/{service_id}", response=ServiceDetail, openapi_extra=refusals("not_found"))
def get_service(request: HttpRequest, service_id: Id) -> ServiceDetail:
    """All that is said about a service, as it is sold now."""
    return ServiceDetail.of_version(selectors.service(service_id))
