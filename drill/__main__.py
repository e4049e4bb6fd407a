"""Rehearse faults, and tell whether the site came through. Run by `make drill`.

Each drill has a database of its own on the server of DATABASE_URL, and drops it at the end. Exits with status 1 if
anything was lost or wrong.
"""

import argparse
import os
import sys
import tempfile

from benchmarks.database import environment, with_name
from benchmarks.server import ServerError
from drill import backup, outages
from drill.newsletter import DATABASE, DrillError
from sreweekly.development.database import ensure_database_url

DRILLS = {"backup": backup.run, "outages": outages.run}


def main() -> None:
    arguments = parse_arguments()
    ensure_database_url()
    server_url = os.environ["DATABASE_URL"]
    with tempfile.TemporaryDirectory() as temporary:
        os.environ |= environment(with_name(server_url, DATABASE), f"{temporary}/static")
        os.environ |= {"BACKUP_DIR": f"{temporary}/backups", "RESTIC_REPOSITORY": ""}
        for name in arguments.drills or DRILLS:
            print(f"Drill: {name}\n")
            try:
                DRILLS[name](server_url, arguments.issues)
            except (DrillError, ServerError) as error:
                sys.exit(f"The drill {name} failed: {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drill", description=__doc__.partition(" Run by")[0])
    parser.add_argument("drills", nargs="*", metavar="DRILL", help=f"{', '.join(DRILLS)}; default: all")
    parser.add_argument("--issues", type=int, default=30, help="besides the demonstration (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
