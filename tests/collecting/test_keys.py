import pytest

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.tasks import refresh_keys_of_what_arrived

pytestmark = pytest.mark.django_db


def test_keys_follow_a_change_of_the_rules():
    Candidate.objects.create(url="https://example.com/1?utm_source=x")
    Source.objects.create(url="https://example.com/feed/")
    for model in (Candidate, Source):
        model.objects.update(canonical_url="as it was")
    refresh_keys_of_what_arrived(0)
    assert Candidate.objects.get().canonical_url == "example.com/1"
    assert Source.objects.get().canonical_url == "example.com/feed"


@pytest.mark.parametrize("model", [Candidate, Source])
def test_rows_that_have_become_one_link_do_not_stop_the_others(model):
    rows = [model.objects.create(url=f"https://example.com/{number}") for number in range(3)]
    for number, row in enumerate(rows):
        model.objects.filter(pk=row.pk).update(canonical_url=f"as it was {number}")
    model.objects.filter(pk=rows[1].pk).update(url="https://example.com/0/")
    refresh_keys_of_what_arrived(0)
    keys = set(model.objects.values_list("canonical_url", flat=True))
    assert len(keys) == 3
    assert keys > {"example.com/0", "example.com/2"}
