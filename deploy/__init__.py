"""Running it: the embedded PostgreSQL and broker, and the supervisor behind `make run`."""
