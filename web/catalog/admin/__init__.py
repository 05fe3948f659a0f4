"""The catalogue's pages: what is sold is written here as a draft, published as a version, and put on the shelf."""

from web.catalog.admin import home, places, prices, services, shelves, words

__all__ = ["home", "places", "prices", "services", "shelves", "words"]
