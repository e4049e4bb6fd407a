"""A database for the benchmarks, on the server of DATABASE_URL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

NAME = "sreweekly_bench"


def benchmark_url(database_url: str) -> str:
    """Return the address with the name of another database."""
    return re.sub(r"^(\w+://[^/?]*)(/[^?]*)?", rf"\1/{NAME}", database_url, count=1)


@contextmanager
def fresh_database(database_url: str, *, keep: bool) -> Iterator[None]:
    """Create an empty database, in place of one from an earlier run. Drop it at the end unless `keep` is set."""
    _drop(database_url)
    _execute(database_url, "CREATE DATABASE {}")
    try:
        yield
    finally:
        if not keep:
            _drop(database_url)


def _drop(database_url: str) -> None:
    _execute(database_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(database_url: str, statement: "sql.LiteralString") -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(NAME)))
