"""How fast the catalogue answers: searches and suggestions among 10,000 services, quotes, calendars; and races."""
