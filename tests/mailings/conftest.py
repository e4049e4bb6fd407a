import pytest


@pytest.fixture(autouse=True)
def sender(settings):
    """Letters can be sent, so the form is shown."""
    settings.NEWSLETTER_FROM = "SRE Weekly <newsletter@sreweekly.example>"
    settings.NEWSLETTER_POSTAL_ADDRESS = "1 Example Street, Exampletown"
