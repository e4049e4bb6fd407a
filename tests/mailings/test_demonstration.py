"""The subscribers that `make run` shows."""

import pytest
from django.utils import timezone

from mailings.demonstration import COUNT, load_demonstration_of_subscribers
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression

pytestmark = pytest.mark.django_db


def test_demonstration_has_example_people_in_all_states_who_agreed_in_the_past():
    assert load_demonstration_of_subscribers() == load_demonstration_of_subscribers() == COUNT
    assert set(Subscriber.objects.count_states()) == set(State)
    assert not Subscriber.objects.filter(created_at__gt=timezone.now()).exists()
    assert not Subscriber.objects.exclude(domain__regex=r"(^|\.)example(\.(com|net|org))?$").exists()
    assert set(Suppression.objects.values_list("reason", flat=True)) == set(Suppression.Reason)
