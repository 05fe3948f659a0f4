"""The rows of marketing, a module a noun."""
