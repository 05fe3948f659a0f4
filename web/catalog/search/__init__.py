"""The search engine: pure Python over plain data, free of Django and database."""

from web.catalog.search.documents import Document, Field, Need, Thesaurus
from web.catalog.search.hits import Hit, Manner, Reason
from web.catalog.search.index import Index

__all__ = ["Document", "Field", "Hit", "Index", "Manner", "Need", "Reason", "Thesaurus"]
