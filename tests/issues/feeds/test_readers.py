"""Real feed readers poll a real server: no item is shown twice, and a publication shows exactly the new ones."""

import mailbox
import os
import re
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import make_article, make_issue, make_placement, note_changes

pytestmark = pytest.mark.django_db(transaction=True)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def needed(program):
    if not shutil.which(program):
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"{program} is not installed: apt-get install newsboat rss2email")


class Newsboat:
    def __init__(self, folder, address):
        needed("newsboat")
        (folder / "urls").write_text(f"{address}\n")
        (folder / "config").write_text("")
        self.cache = folder / "cache.db"
        # Without HOME it would read the files of the person who runs the tests.
        self.environment = {**os.environ, "HOME": str(folder), "no_proxy": "*", "LANG": "C.UTF-8"}
        self.command = ("newsboat", "-u", folder / "urls", "-C", folder / "config", "-c", self.cache)

    def poll(self):
        """Reload, return how many items are unread, and mark them as read."""
        run(*self.command, "-x", "reload", env=self.environment)
        unread = run(*self.command, "-x", "print-unread", env=self.environment)
        with sqlite3.connect(self.cache) as cache:
            cache.execute("UPDATE rss_item SET unread = 0")
        cache.close()
        return int(re.findall(r"\d+", unread)[0])


class Rss2email:
    def __init__(self, folder, address):
        needed("r2e")
        self.environment = {**os.environ, "HOME": str(folder), "no_proxy": "*", "LANG": "C.UTF-8"}
        self.command = ("r2e", "-c", folder / "rss2email.cfg", "-d", folder / "rss2email.json")
        self.mail = folder / "mail"
        self.mail.mkdir()
        (folder / "rss2email.cfg").write_text(
            f"[DEFAULT]\nto = reader@example.com\nemail-protocol = maildir\nmaildir-path = {self.mail}\n"
        )
        run(*self.command, "add", "newsletter", address, env=self.environment)

    def poll(self):
        """Reload, and return how many mails were written."""
        before = self.mails()
        run(*self.command, "run", env=self.environment)
        return self.mails() - before

    def mails(self):
        return len(mailbox.Maildir(self.mail / "INBOX"))


def fill():
    for number in range(1, 8):
        issue = make_issue(number=number, articles=2, outages=1, publish_at=datetime(2026, 1, number, tzinfo=UTC))
    make_placement(issue, message="Buy “this” & that.")
    make_article(issue=issue, title="<b>Bold</b> & “quoted”", tags=("slo", "日本"))
    note_changes(Issue.objects.all())
    # Newsboat's curl drops an answer that was not changed at least a second after the one it has.
    Issue.objects.update(updated_at=datetime(2026, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("program", "feed", "first", "new"),
    [(Newsboat, "/feed/", 5, 1), (Newsboat, "/feed/articles/atom/", 22, 3), (Rss2email, "/feed/atom/", 5, 1)],
)
def test_reader_shows_everything_once(tmp_path, live_server, program, feed, first, new):
    fill()
    reader = program(tmp_path, live_server.url + feed)
    assert [reader.poll(), reader.poll()] == [first, 0]

    make_issue(number=8, articles=3)
    assert [reader.poll(), reader.poll()] == [new, 0]

    Article.objects.update(title="Corrected", blurb="Corrected.", url="https://example.com/corrected")
    Issue.objects.update(intro="Corrected.")
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert note_changes(Issue.objects.all()) == 8
    assert reader.poll() == 0
