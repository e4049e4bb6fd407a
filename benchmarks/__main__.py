"""Measure pages, feeds and the desk at two sizes of the newsletter. Run by `make bench`.

Creates a database on the server of DATABASE_URL, and drops it at the end. Exits with status 1 if a response is wrong,
or if the desk makes too many queries.
"""

import argparse
import os
import sys
import tempfile

from benchmarks.database import BENCHMARKS, environment, fresh_database, with_name
from benchmarks.server import ServerError, serve
from sreweekly.development.database import ensure_database_url

SIZES = (550, 5500)
DESK_ARTICLES = (8, 40)
MOST_DESK_QUERIES = 40


def main() -> None:
    arguments = parse_arguments()
    ensure_database_url()
    server_url = os.environ["DATABASE_URL"]
    with tempfile.TemporaryDirectory() as static_root:
        os.environ |= environment(with_name(server_url, BENCHMARKS), static_root)
        try:
            for size in arguments.sizes:
                with fresh_database(server_url, BENCHMARKS, keep=arguments.keep):
                    run(size, arguments.seconds, arguments.recipients, is_first=size == arguments.sizes[0])
        except ServerError as error:
            sys.exit(str(error))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition(" Run by")[0])
    parser.add_argument("--seconds", type=int, default=5, help="for each page (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="ISSUES", help="default: 550 5500")
    parser.add_argument("--recipients", type=int, default=100_000, help="of a mailing (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep the database of the last size")
    return parser.parse_args()


def run(size: int, seconds: int, recipients: int, *, is_first: bool) -> None:
    # Imported here, because Django reads its settings from the environment that main() sets.
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    from benchmarks.data import fill
    from benchmarks.mailing import measure_mailing, print_mailing
    from benchmarks.pages import measure_capture, measure_desk, measure_pages
    from benchmarks.report import print_capture, print_desk, print_facts, print_pages
    from benchmarks.search import measure_search, print_search
    from benchmarks.serving import measure_serving, print_serving

    try:
        call_command("migrate", verbosity=0)
        if is_first:
            print_facts()
            call_command("collectstatic", interactive=False, verbosity=0)
        fill(size)
        connection.cursor().execute("VACUUM ANALYZE")
        # Without the page store: how long Django takes.
        with serve({"DATABASE_POOL": "8", "PAGE_STORE_MB": "0"}) as port:
            print_pages(measure_pages(port, seconds))
        # With it, as readers have it: each question is typed so that no stored page answers it.
        with serve({"DATABASE_POOL": "8"}) as port:
            print_search(measure_search(port))
        print_serving(measure_serving(seconds))
        desk = [measure_desk(articles) for articles in DESK_ARTICLES]
        print_desk(desk)
        print_capture(*measure_capture())
        if is_first:
            print_mailing(measure_mailing(recipients))
    finally:
        connection.close()
    if desk[-1].queries > MOST_DESK_QUERIES:
        many = f"{desk[-1].queries} queries for {DESK_ARTICLES[-1]} articles"
        raise ServerError(f"The desk makes {many}. The limit is {MOST_DESK_QUERIES}.")


if __name__ == "__main__":
    main()
