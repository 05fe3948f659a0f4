"""No phrase of the demo's table of needs is a query of this folder, word for word: what is found is no learnt answer.

Only numbers are told: nobody is to see what is held out.
"""

from collections.abc import Sequence

from tests.search.judging import queries
from web.catalog.search import Thesaurus
from web.catalog.search.text import squeezed
from web.demo.catalogue import thesaurus

NEEDS = Thesaurus.of(thesaurus()).needs


def says(parts: Sequence[Sequence[str]], text: str) -> bool:
    """Whether a word of each part, one after the other, is that text, and nothing is left of it."""
    if not parts:
        return not text
    return any(text.startswith(word) and says(parts[1:], text[len(word) :]) for word in map(squeezed, parts[0]))


def test_no_plain_phrase_is_a_query() -> None:
    asked = {squeezed(one.query) for one in queries()}
    same = sum(squeezed(need.phrase) in asked for need in NEEDS)
    assert same == 0


def test_no_choice_spells_a_query_for_a_need() -> None:
    asked = [squeezed(one.query) for one in queries() if one.kind == "need"]
    spelled = sum(any(says(parts, text) for text in asked) for need in NEEDS if (parts := need.parts()))
    assert spelled == 0
