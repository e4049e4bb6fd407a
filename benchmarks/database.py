"""A database for the benchmarks or a drill, on the server of DATABASE_URL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

BENCHMARKS = "sreweekly_bench"


def with_name(database_url: str, name: str) -> str:
    """Return the address with the name of another database."""
    return re.sub(r"^(\w+://[^/?]*)(/[^?]*)?", rf"\1/{name}", database_url, count=1)


def environment(database_url: str, static_root: str) -> dict[str, str]:
    """Return the variables of a site like in production, with this database. The benchmarks and drills set them."""
    return {
        "DJANGO_SETTINGS_MODULE": "sreweekly.settings",
        "DEBUG": "off",
        "SECRET_KEY": "for-benchmarks-and-drills-only",
        "SITE_URL": "https://sreweekly.example",
        "HTTPS_REDIRECT": "off",
        "STATIC_ROOT": static_root,
        "DATABASE_URL": database_url,
        "DATABASE_POOL": "0",
    }


@contextmanager
def fresh_database(database_url: str, name: str, *, keep: bool = False) -> Iterator[None]:
    """Create an empty database, in place of one from an earlier run. Drop it at the end unless `keep` is set."""
    _drop(database_url, name)
    _execute(database_url, "CREATE DATABASE {}", name)
    try:
        yield
    finally:
        if not keep:
            _drop(database_url, name)


def _drop(database_url: str, name: str) -> None:
    _execute(database_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(database_url: str, statement: "sql.LiteralString", name: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
