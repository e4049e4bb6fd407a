"""Kill workers while they send a mailing, and restart the database: nobody is lost, and nobody gets it twice.

Run by `make drill-mail`. Exits with status 1 if a figure is wrong.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.database import environment
from drill.cluster import Cluster
from drill.newsletter import DrillError, manage
from drill.sink import Sink, running_sink

WORKERS, CONNECTIONS = 2, 2
PATIENCE = 300  # Seconds.


def main() -> None:
    arguments = parse_arguments()
    print(f"Drill: a mailing to {arguments.recipients:,}, {arguments.kills} killed workers, the database restarted\n")
    with tempfile.TemporaryDirectory() as temporary:
        cluster = Cluster(Path(temporary) / "postgresql")
        os.environ |= environment(cluster.server.url, f"{temporary}/static")
        os.environ |= {"NEWSLETTER_FROM": "Drill <drill@example.com>", "NEWSLETTER_POSTAL_ADDRESS": "1 Example Street"}
        os.environ["SMTP_HOST"] = "127.0.0.1"
        try:
            with running_sink() as sink:
                os.environ["SMTP_PORT"] = str(sink.port)
                manage("migrate", "--no-input", "--verbosity=0")
                _rehearse(cluster, sink, arguments)
        except DrillError as error:
            sys.exit(f"\nThe drill failed. {error}")
        finally:
            cluster.server.leave()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drill.mail", description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the moments (default: another)")
    return parser.parse_args()


def _rehearse(cluster: Cluster, sink: Sink, arguments: argparse.Namespace) -> None:
    import django

    django.setup()
    mailing = _prepare(arguments.recipients)
    began = time.monotonic()
    workers = [_start() for _ in range(WORKERS)]
    try:
        looks = _kill(mailing, workers, cluster, arguments) + _wait(mailing, workers, began + PATIENCE)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    _check(mailing, sink, arguments, time.monotonic() - began, looks)


def _kill(mailing: Any, workers: list[subprocess.Popen], cluster: Cluster, arguments: argparse.Namespace) -> int:
    """Kill workers at random moments, and replace each. Return how often the figures added up."""
    from django.db import connection

    moments = random.Random(arguments.seed)
    restart = moments.randrange(arguments.kills) if arguments.kills else -1
    for kill in range(arguments.kills):
        if kill == restart:
            cluster.begin("stopped")
            time.sleep(1)
            cluster.end()
            connection.close()
        place = moments.randrange(WORKERS)
        worker = workers[place]
        assert worker.stdout is not None
        worker.stdout.readline()  # Django takes a second to start, and the worker must have begun.
        time.sleep(moments.uniform(0, 0.7))
        worker.kill()
        worker.wait()
        workers[place] = _start()
        _look(mailing)
    return arguments.kills


def _wait(mailing: Any, workers: list[subprocess.Popen], deadline: float) -> int:
    """Wait until nothing is left to be sent. Return how often the figures added up."""
    looks = 1
    while (counts := _look(mailing)).open:
        if time.monotonic() > deadline:
            raise DrillError(f"After {PATIENCE} seconds {counts.open} deliveries are open: {counts}.")
        workers[:] = [worker if worker.poll() is None else _start() for worker in workers]
        time.sleep(0.2)
        looks += 1
    return looks


def _prepare(recipients: int) -> Any:
    from django.utils import timezone

    from benchmarks.data import fill, make_draft, subscribe
    from mailings.preparing import prepare

    fill(3)
    issue = make_draft(4, articles=8)
    issue.approve(timezone.now())
    subscribe(recipients, domains=50)
    return prepare(issue)


def _start() -> subprocess.Popen:
    command = [sys.executable, "-m", "drill.mail_process", str(CONNECTIONS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _look(mailing: Any) -> Any:
    """Return the figures, which add up at every moment. Raises DrillError if they do not."""
    counts = mailing.counts()
    if counts.candidates != mailing.candidates:
        raise DrillError(f"Of {mailing.candidates} candidates {counts.candidates} are accounted for: {counts}.")
    return counts


def _check(mailing: Any, sink: Sink, arguments: argparse.Namespace, seconds: float, looks: int) -> None:
    from mailings.models.deliveries import Delivery

    counts = mailing.counts()
    states = dict(Delivery.objects.values_list("address", "state"))
    twice = [address for address, count in sink.accepted.items() if count > 1]
    lost = [address for address, state in states.items() if state == "sent" and not sink.accepted[address]]
    untold = [address for address in sink.accepted if states.get(address) not in ("sent", "unknown")]
    arrived = sum(sink.accepted[address] for address, state in states.items() if state == "unknown")
    print(f"{'recipients':28}{counts.candidates:>8,}")
    print(f"{'sent':28}{counts.sent:>8,}")
    print(f"{'unknown':28}{counts.unknown:>8,}   of which {arrived} had arrived")
    print(f"{'got it twice':28}{len(twice):>8,}")
    print(f"{'sent, and not arrived':28}{len(lost):>8,}")
    print(f"{'arrived, and not written':28}{len(untold):>8,}")
    print(f"{'looks at which it added up':28}{looks:>8,}")
    print(f"\n{seconds:.0f} seconds, {arguments.kills} kills, seed {arguments.seed}")
    in_flight = (arguments.kills + 1) * WORKERS * CONNECTIONS
    if twice or lost or untold or counts.open or counts.refused or counts.unknown > in_flight:
        raise DrillError("See the figures above.")


if __name__ == "__main__":
    main()
