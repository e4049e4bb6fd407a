import pytest
from django.test import Client


@pytest.fixture
def desk(db) -> Client:
    """A client of an editor who is signed in."""
    from tests.make import make_editor  # pytest reads this file before Django has its models.

    client = Client()
    client.force_login(make_editor())
    return client
