"""The subscribers that `make run` shows."""

import pytest
from django.utils import timezone

from mailings.demonstration import COUNT, load_demonstration_of_a_mailing, load_demonstration_of_subscribers
from mailings.models.reports import Report
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from tests.make import make_issue

pytestmark = pytest.mark.django_db


def test_demonstration_has_example_people_in_all_states_who_agreed_in_the_past():
    assert load_demonstration_of_subscribers() == load_demonstration_of_subscribers() == COUNT
    assert set(Subscriber.objects.count_states()) == set(State)
    assert not Subscriber.objects.filter(created_at__gt=timezone.now()).exists()
    assert not Subscriber.objects.exclude(domain__regex=r"(^|\.)example(\.(com|net|org))?$").exists()
    assert set(Suppression.objects.values_list("reason", flat=True)) == set(Suppression.Reason)


@pytest.mark.django_db(transaction=True)
def test_demonstration_mails_the_latest_issue_into_a_folder(settings, tmp_path):
    backend = "django.core.mail.backends.filebased.EmailBackend"
    newsletter = {"BACKEND": backend, "OPTIONS": {"file_path": tmp_path}}
    settings.MAILERS = {**settings.MAILERS, "newsletter": newsletter}
    make_issue(articles=1)
    load_demonstration_of_subscribers()
    active = Subscriber.objects.active().count()
    assert load_demonstration_of_a_mailing() == active > 100
    assert load_demonstration_of_a_mailing() == 0
    assert len(list(tmp_path.iterdir())) == 1
    assert Report.objects.exclude(delivery=None).count() == 9
