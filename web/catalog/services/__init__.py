"""Writing the catalogue. Each `put_` makes a row or brings it up to date, so a seed may run any number of times."""

from web.catalog.services.places import put_category, put_city, put_skill
from web.catalog.services.searches import PRUNED_AT_ONCE, forget_searches, prune_searches, record_click, record_search
from web.catalog.services.shelves import put_on_shelf, shelve, unshelve
from web.catalog.services.stamping import CHANGES_PRUNED_AT_ONCE, prune_changes
from web.catalog.services.words import put_need, put_synonym, put_thesaurus, remove_words
from web.catalog.services.writing import COLUMNS, LISTS, drafted, faults_of, publish, put_service, write_service

__all__ = [
    "CHANGES_PRUNED_AT_ONCE",
    "COLUMNS",
    "LISTS",
    "PRUNED_AT_ONCE",
    "drafted",
    "faults_of",
    "forget_searches",
    "prune_changes",
    "prune_searches",
    "publish",
    "put_category",
    "put_city",
    "put_need",
    "put_on_shelf",
    "put_service",
    "put_skill",
    "put_synonym",
    "put_thesaurus",
    "record_click",
    "record_search",
    "remove_words",
    "shelve",
    "unshelve",
    "write_service",
]
