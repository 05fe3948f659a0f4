"""Searches and suggestions by the selector, also while a service is published; what the labelled queries find."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from tests.bench.catalogue.open_load import in_threads
from tests.bench.figures import percentiles_ms
from tests.search.judging import precision, recalls
from tests.search.test_recall import results
from tests.world import seeds
from web.catalog.finder import Finder
from web.catalog.models import Service
from web.catalog.services import put_service
from web.errors import DoorbellError

CITY = seeds.CITY
NAME = "夔门鳌头专修"
PUBLISHED_AFTER_S = 1.0
LONGEST_BUILD_S = 120.0


def first_s(finder: Finder) -> float:
    """How long the first index takes, its process started."""
    began = time.perf_counter()
    while time.perf_counter() - began < LONGEST_BUILD_S:
        try:
            finder.search("空调", city=CITY)
            return round(time.perf_counter() - began, 1)
        except DoorbellError:
            continue
    raise TimeoutError("no index")


def at_rest(finder: Finder, asked: Sequence[str], rate: float) -> dict[str, Any]:
    """Searches, then suggestions for the beginnings of the same words."""
    prefixes = [word[: random.Random(word).randint(1, len(word))] for word in asked]
    return {
        "search_ms": percentiles_ms(in_threads(lambda query: finder.search(query, city=CITY), asked, rate)),
        "suggest_ms": percentiles_ms(in_threads(lambda query: finder.suggest(query, city=CITY), prefixes, rate)),
    }


def rebuilding(finder: Finder, asked: Sequence[str], rate: float) -> dict[str, Any]:
    """A service is published while searches come. rebuilding_ms: of those from then until it is found; gaps: how many
    of all found nothing, though they had before.
    """
    expected = {word for word in set(asked) if finder.search(word, city=CITY)}
    gaps, moments = list[str](), dict[str, float]()

    def ask(word: str) -> None:
        if not finder.search(word, city=CITY) and word in expected:
            gaps.append(word)

    watching = threading.Thread(target=_publish_and_wait, args=(finder, moments))
    began = time.perf_counter()
    watching.start()
    times = in_threads(ask, asked, rate)
    watching.join()
    published, found = moments["published"] - began, moments["found"] - began
    meanwhile = [one for place, one in enumerate(times) if published <= place / rate <= found]
    return {
        "rebuilding_ms": percentiles_ms(meanwhile) | {"searches": len(meanwhile)},
        "rebuilt_after_s": round(found - published, 1),
        "gaps": len(gaps),
    }


def recall() -> dict[str, Any]:
    """By class, of all queries; and of those that nobody tunes to."""
    figures: dict[str, Any] = {}
    held_out = [one for one in results() if one.query.held_out]
    for name, found in (("search_recall", list(results())), ("search_recall_held_out", held_out)):
        figures[name] = {kind: round(recall, 3) for kind, recall in recalls(found).items()}
        figures[name]["precision_at_1"] = round(precision(found), 3)
    return figures


def _publish_and_wait(finder: Finder, moments: dict[str, float]) -> None:
    time.sleep(PUBLISHED_AFTER_S)
    template = Service.objects.select_related("published", "category").get(slug="daily-cleaning")
    assert template.published is not None
    sold = replace(template.published.sold, name=NAME, add_ons=())
    new = put_service(slug="bench-new", category=template.category, sold=sold)
    moments["published"] = time.perf_counter()
    while new.pk not in [hit.service_id for hit in finder.search(NAME, city=CITY)]:
        assert time.perf_counter() - moments["published"] < LONGEST_BUILD_S, "never found"
        time.sleep(0.1)
    moments["found"] = time.perf_counter()
    connection.close()
