"""Metrics for Prometheus, which each process serves on a port of its own, apart from the site.

A module that counts something itself declares it there, with prometheus_client. This module serves all of them.
"""

import logging
import time
from collections.abc import Callable, Iterator
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import REGISTRY, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issues.models.issues import Issue
from mailings.models.deliveries import Delivery, DomainDelay
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from sreweekly.outages import is_outage

logger = logging.getLogger(__name__)

# The number of ports that are tried. One process of granian for each.
PORTS = 16
# Others are counted as "other": whoever sends a request chooses the method, and each one takes memory for ever.
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}

REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer a request.",
    ["view", "method", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)


def measure_requests(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Measure each request, and serve the metrics of this process."""
    serve()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else ""
        method = request.method if request.method in METHODS else "other"
        REQUEST_SECONDS.labels(view, method, response.status_code).observe(time.perf_counter() - started)
        return response

    return middleware


@cache
def serve() -> int:
    """Serve metrics at the first port that is free. Return it, or 0 if metrics are off or all ports are taken."""
    if not settings.METRICS_PORT:
        return 0
    REGISTRY.register(DatabaseCollector())
    for port in range(settings.METRICS_PORT, settings.METRICS_PORT + PORTS):
        try:
            start_http_server(port, settings.METRICS_HOST)
        except OSError:
            continue
        return port
    logger.error("No port is free for metrics, from METRICS_PORT=%d on.", settings.METRICS_PORT)
    return 0


class DatabaseCollector(Collector):
    """Reads what the database knows at each scrape, within the time limits of a page."""

    def describe(self) -> list[Metric]:
        """Return nothing, so that the registry does not query the database at the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from _pool()
        try:
            # A list, because nothing is to be sent if the database fails half-way.
            found = [*_jobs(), *_mail()]
        except Exception as error:
            if not is_outage(error):
                raise
            found = []
        finally:
            connection.close()
        yield GaugeMetricFamily("database_up", "1 if the database answers.", float(bool(found)))
        yield from found


def _pool() -> Iterator[Metric]:
    if pool := getattr(connection, "pool", None):  # None if DATABASE_POOL is 0.
        stats = pool.get_stats()
        yield GaugeMetricFamily("database_pool_connections", "Open connections.", stats["pool_size"])
        yield GaugeMetricFamily("database_pool_idle", "Connections that are free.", stats["pool_available"])
        yield GaugeMetricFamily("database_pool_waiting", "Threads that wait.", stats.get("requests_waiting", 0))


def _jobs() -> Iterator[Metric]:
    """Make three queries."""
    now = timezone.now()
    jobs = GaugeMetricFamily("jobs", "Background jobs.", labels=["state"])
    for state, count in ProcrastinateJob.objects.values_list("status").annotate(Count("pk")).order_by():
        jobs.add_metric([state], count)
    yield jobs
    due = ProcrastinateJob.objects.filter(Q(scheduled_at=None) | Q(scheduled_at__lte=now), status="todo")
    deferred = due.filter(procrastinateevent__type="deferred")
    oldest = deferred.aggregate(at=Min(Coalesce(F("scheduled_at"), F("procrastinateevent__at"))))["at"]
    age = (now - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily("oldest_job_seconds", "Time that the oldest job has waited for a worker.", age)
    if last := Issue.objects.published().values_list("publish_at", flat=True).first():
        seconds = (now - last).total_seconds()
        yield GaugeMetricFamily("last_publication_seconds", "Time since the last publication.", seconds)


def _mail() -> Iterator[Metric]:
    """Make five queries at most. Indexes answer all of them."""
    subscribers = GaugeMetricFamily("subscribers", "Subscribers.", labels=["state"])
    for state, count in Subscriber.objects.count_states().items():
        subscribers.add_metric([state], count)
    yield subscribers
    now = timezone.now()
    delays = DomainDelay.objects.filter(until__gt=now).count()
    yield GaugeMetricFamily("mail_delayed_domains", "Domains that asked to be sent less.", delays)
    if (last := Mailing.objects.without_words().exclude(prepared_at=None).first()) is None:
        return
    counts = last.counts()
    deliveries = GaugeMetricFamily("mail_deliveries", "Deliveries of the last mailing.", labels=["state"])
    for state, count in counts._asdict().items():
        deliveries.add_metric([state], count)
    yield deliveries
    idle = 0.0
    if last.status == Mailing.Status.SENDING and counts.open:
        settled = Delivery.objects.aggregate(at=Max("settled_at"))["at"]
        idle = (now - max(filter(None, [settled, last.prepared_at]))).total_seconds()
    yield GaugeMetricFamily("mail_idle_seconds", "Time for which a mailing that is to be sent has sent nothing.", idle)
