"""Rehearse faults, and tell whether the site came through. Run by `make drill`.

Each drill has a database of its own, and drops it at the end. Exits with status 1 if anything was lost or wrong.
"""

import argparse
import os
import sys
import tempfile

from benchmarks.database import environment, with_name
from benchmarks.server import ServerError
from drill import backup, clients, disk, migration, outages, saves, worker
from drill.newsletter import DATABASE, DrillError
from drill.site import running_site
from sreweekly.development.database import ensure_database_url

# On one site, while readers read.
FAULTS = {
    "outages": outages.run,
    "clients": clients.run,
    "saves": saves.run,
    "migration": migration.run,
    "worker": worker.run,
    "disk": disk.run,
}
DRILLS = ("backup", *FAULTS)


def main() -> None:
    arguments = parse_arguments()
    ensure_database_url()
    server_url = os.environ["DATABASE_URL"]
    with tempfile.TemporaryDirectory() as temporary:
        os.environ |= environment(with_name(server_url, DATABASE), f"{temporary}/static")
        os.environ |= {"BACKUP_DIR": f"{temporary}/backups", "RESTIC_REPOSITORY": ""}
        try:
            if "backup" in arguments.drills:
                print("Drill: backup\n")
                backup.run(server_url, arguments.issues)
            if faults := [name for name in FAULTS if name in arguments.drills]:
                print(f"\nDrills: {', '.join(faults)}\n")
                with running_site(arguments.issues, arguments.fault) as site:
                    for name in faults:
                        FAULTS[name](site)
        except (DrillError, ServerError) as error:
            sys.exit(f"\nA drill failed. {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drill", description=__doc__.partition(" Run by")[0])
    parser.add_argument(
        "drills", nargs="*", choices=DRILLS, default=DRILLS, metavar="DRILL", help=f"{', '.join(DRILLS)}; default: all"
    )
    parser.add_argument("--fault", default="", metavar="WORDS", help="only faults with these words in their names")
    parser.add_argument("--issues", type=int, default=30, help="besides the demonstration (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
