"""A connection of psycopg that stops waiting for a server that does not answer."""

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.errors import _WaitTimeout

from sreweekly.postgresql.limits import parameters, seconds

# Seconds that the server gets to report its own timeout, before the connection is given up.
GRACE = 0.5


class Connection(psycopg.Connection):
    """Keeps PostgreSQL's limits equal to those of the present work, and keeps them itself as well.

    The server enforces statement_timeout, so it does not help when the server is suspended or its network is gone.
    """

    _set_parameters: dict[str, str] | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raise OperationalError and close the connection, which is in an unknown state, after the limit."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit = seconds() + GRACE
        try:
            return super().wait(gen, interval, limit)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"The database did not answer for {limit:g} seconds.") from None

    def set_limits(self) -> None:
        """Make one query, unless the connection was last used for the same kind of work. Needs autocommit."""
        if self._set_parameters != (wanted := parameters()):
            calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in wanted.items())
            self.execute(f"SELECT {calls}")
            self._set_parameters = wanted
