"""The demo's tables of words."""

import json
from collections import Counter
from pathlib import Path

from web.catalog.search import Thesaurus
from web.catalog.search.text import squeezed

DATA = Path(__file__).parents[4] / "web/demo/data/thesaurus.json"
thesaurus = Thesaurus.of(json.loads(DATA.read_text(encoding="utf-8")))


def test_no_phrase_comes_twice_and_none_is_empty() -> None:
    phrases = Counter(squeezed(need.phrase) for need in thesaurus.needs)
    assert [phrase for phrase, count in phrases.items() if count > 1 or not phrase] == []


def test_every_need_has_words() -> None:
    assert [need.phrase for need in thesaurus.needs if not need.words or not all(map(squeezed, need.words))] == []


def test_a_group_has_at_least_two_words_each_once() -> None:
    groups = [[squeezed(word) for word in group] for group in thesaurus.synonyms]
    assert [group for group in groups if len(group) < 2 or len(set(group)) != len(group) or "" in group] == []
