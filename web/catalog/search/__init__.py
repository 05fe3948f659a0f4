"""The search engine: pure Python over plain data, free of Django and database. `index.py` is what answers; it is not
imported here, because who only speaks of services and hits needs no dictionaries.
"""

from web.catalog.search.documents import Document, Field, Need, Thesaurus
from web.catalog.search.hits import Hit, Manner, Reason

__all__ = ["Document", "Field", "Hit", "Manner", "Need", "Reason", "Thesaurus"]
