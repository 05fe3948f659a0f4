"""The words that a search knows beside the catalogue's."""

from __future__ import annotations

from collections.abc import Sequence

import hub
from web.catalog import selectors
from web.catalog.models import Need, Synonym
from web.catalog.services.stamping import stamp
from web.errors import DoorbellError


def put_thesaurus(*, synonyms: Sequence[Sequence[str]], needs: Sequence[tuple[str, Sequence[str]]]) -> None:
    """The words that a search knows beside the catalogue's, in place of those before; see `Synonym` and `Need`.

    Raises DoorbellError as `put_synonym` and `put_need` do, for the first that is wrong.
    """
    for group in synonyms:
        _check_synonym(group)
    for phrase, words in needs:
        _check_need(phrase, words)
    said = {
        "synonyms": [list(group) for group in synonyms],
        "needs": [{"phrase": phrase, "words": list(words)} for phrase, words in needs],
    }
    if selectors.thesaurus() == said:
        return
    with hub.atomic():
        Synonym.objects.all().delete()
        Need.objects.all().delete()
        Synonym.objects.bulk_create(Synonym(words=list(group)) for group in synonyms)
        Need.objects.bulk_create(Need(phrase=phrase, words=list(words)) for phrase, words in needs)
        stamp()


def put_synonym(*, words: Sequence[str], row: Synonym | None = None) -> Synonym:
    """A group of words that mean the same: a new one, or another content of one that is there.

    Raises DoorbellError words_missing for fewer than two.
    """
    said = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    _check_synonym(said)
    with hub.atomic():
        row = row or Synonym()
        row.words = said
        row.save()
        stamp()
    return row


def put_need(*, phrase: str, words: Sequence[str], row: Need | None = None) -> Need:
    """What a person says, and the words of the catalogue for it.

    Raises DoorbellError words_missing, choice_empty for a stroke with nothing on one side of it, phrase_taken for one
    that another row has.
    """
    said = [word.strip() for word in words if word.strip()]
    _check_need(phrase, said)
    with hub.atomic():
        row = row or Need()
        if Need.objects.filter(phrase=phrase.strip()).exclude(pk=row.pk).exists():
            raise DoorbellError("phrase_taken")
        row.phrase, row.words = phrase.strip(), said
        row.save()
        stamp()
    return row


def remove_words(*, row: Synonym | Need) -> None:
    """The search forgets them."""
    with hub.atomic():
        row.delete()
        stamp()


def _check_synonym(words: Sequence[str]) -> None:
    if len(words) < 2:
        raise DoorbellError("words_missing")


def _check_need(phrase: str, words: Sequence[str]) -> None:
    if not words or not phrase.strip():
        raise DoorbellError("words_missing")
    if "/" in phrase and not all(word for part in phrase.split() for word in part.split("/")):
        raise DoorbellError("choice_empty")
