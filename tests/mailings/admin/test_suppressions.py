"""Suppressions at the desk: adding, finding by an address or its hash, lifting."""

import pytest

from mailings.models.suppressions import Suppression
from tests.desk_forms import error_codes
from tests.make import make_suppression, sign_in_as

pytestmark = pytest.mark.django_db
URL = "/admin/mailings/suppression/"


@pytest.fixture
def administrator(db):
    return sign_in_as("Administrator")


def test_address_is_added(administrator):
    assert administrator.post(f"{URL}add/", {"address": "Ada@example.com"}).status_code == 302
    assert (Suppression.objects.get().address, Suppression.objects.get().reason) == ("Ada@example.com", "by_hand")


@pytest.mark.parametrize(("address", "code"), [("", "required"), ("ada", "no_at"), ("GONE@example.com", "unique")])
def test_what_is_no_new_address_is_refused_at_the_field(administrator, address, code):
    make_suppression("gone@example.com", reason="forgotten")
    assert error_codes(administrator.post(f"{URL}add/", {"address": address})) == {"address": [code]}


@pytest.mark.parametrize(
    ("typed", "count"), [("GONE@example.com", 1), ("ada@", 1), ("example", 1), ("nobody@example.com", 0), ("\0", 2)]
)
def test_suppression_is_found_by_its_address_even_if_only_a_hash_is_kept(administrator, typed, count):
    make_suppression("gone@example.com", reason="forgotten")
    make_suppression("ada@example.com")
    assert len(administrator.get(URL, {"q": typed}).context["cl"].result_list) == count


def test_suppression_is_lifted(administrator):
    row = make_suppression()
    assert administrator.post(f"{URL}{row.pk}/lift/").status_code == 302
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(administrator, django_assert_num_queries, count):
    for _ in range(count):
        make_suppression()
    with django_assert_num_queries(8):
        administrator.get(URL)
