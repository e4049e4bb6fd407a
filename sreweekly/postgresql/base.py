"""Django's engine for PostgreSQL, with limits on everything that waits for the database."""

from time import monotonic
from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

from sreweekly.postgresql.connections import Connection
from sreweekly.postgresql.limits import parameters, seconds, time_limits

# Seconds between two attempts to connect while they fail.
RETRY = 1


class DatabaseWrapper(base.DatabaseWrapper):
    Database = SimpleNamespace(**vars(psycopg) | {"connect": Connection.connect})  # type: ignore[assignment]
    # No attempt is made before this time of monotonic(). Shared by all threads. 0 while attempts succeed.
    _next_attempt = 0.0

    def get_connection_params(self):
        """Add the limits, for connections that procrastinate opens with these parameters."""
        params = super().get_connection_params()
        options = (params.get("options", ""), *(f"-c {name}={value}" for name, value in parameters().items()))
        return params | {"options": " ".join(filter(None, options))}

    def get_new_connection(self, conn_params):
        """Let one thread wait for a database that does not answer. All others fail at once, and stay free for others.

        No work waits for a connection longer than a page does. Raises psycopg.OperationalError.
        """
        cls = type(self)
        now = monotonic()
        if now < cls._next_attempt:
            raise psycopg.OperationalError("The database did not answer a moment ago.")
        with time_limits("pages"):
            if cls._next_attempt:
                cls._next_attempt = now + seconds() + RETRY
            try:
                connection = super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                cls._next_attempt = monotonic() + RETRY
                raise
        cls._next_attempt = 0.0
        return connection

    def init_connection_state(self):
        super().init_connection_state()
        self.connection.set_limits()
