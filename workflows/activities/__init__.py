"""Where workflows touch the world: thin, each one a call of a service. Sync ones run in threads."""
