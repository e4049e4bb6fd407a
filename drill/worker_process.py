"""`manage.py worker`, to which the one name that is known, FEED_HOST, leads to the server at DRILL_WEB_PORT."""

import os

import django
import pycurl
from django.core.management import call_command

from tests.web import PUBLIC, Web

FEED_HOST = "feed.example"

if __name__ == "__main__":
    django.setup()
    web = Web()
    web.names[FEED_HOST] = [PUBLIC]
    web.ports[80] = int(os.environ["DRILL_WEB_PORT"])
    pycurl.Curl = web.open
    call_command("worker")
