"""How fast the catalogue answers: 10,000 services, searches and suggestions under an open load, quotes."""
