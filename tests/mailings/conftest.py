from collections.abc import Iterator

import pytest

from tests.mailings.smtp import Sink, SmtpController


@pytest.fixture(autouse=True)
def sender(settings):
    """Letters can be sent, so the form is shown."""
    settings.NEWSLETTER_FROM = "SRE Wöchentlich <newsletter@sreweekly.example>"
    settings.NEWSLETTER_POSTAL_ADDRESS = "1 Example Street, Exampletown"


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    sink = Sink()
    controller = SmtpController(sink)
    controller.start()
    options = {"host": "127.0.0.1", "port": controller.port, "timeout": 10}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {**settings.MAILERS, "newsletter": {"BACKEND": backend, "OPTIONS": options}}
    yield sink
    controller.stop()


@pytest.fixture
def desk_user(db):
    from tests.make import make_editor  # Django is not set up when this file is read.

    return make_editor()
