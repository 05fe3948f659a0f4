"""What somebody typed without a space pushes nothing out of the window."""

from collections.abc import Callable

from tests.e2e.ops.conftest import MANAGER
from tests.e2e.ops.office import Office
from tests.e2e.ops.test_every_page import SIZES
from tests.e2e.world import World
from tests.world.town import in_database
from web.catalog import services
from web.catalog.models import Synonym

LONG = "a" * 100
OUTSIDE = """() => [...document.querySelectorAll('#main table th, #main table td')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.innerText)"""


def _typed() -> None:
    services.record_search(user=None, city="hangzhou", query=LONG, found=0, shown=[])
    services.record_search(user=None, city="hangzhou", query="修水管", found=0, shown=[])
    services.put_need(phrase=LONG, words=[LONG])
    Synonym.objects.create(words=[LONG, LONG[:-1]])


def test_a_long_word_wraps_on_a_desk_and_on_a_phone(open_office: Callable[[str], Office], world: World) -> None:
    world.run(in_database(_typed))
    office = open_office(MANAGER)
    for where, size in SIZES.items():
        office.page.set_viewport_size(size)
        for path in ("searched-in-vain/", "catalog/need/", "catalog/synonym/"):
            office.open(path)
            office.expect_said(LONG)
            office.keep(f"long-{where}-{path.strip('/').replace('/', '-')}")
            assert office.page.evaluate(OUTSIDE) == [], (where, path)
            assert office.overflow() == {}, (where, path)
