"""The store of printed HTML."""

import re
from pathlib import Path
from typing import NamedTuple

from django.conf import settings as configured

from issues.printing.kept import SETTINGS, Kept


class Words(NamedTuple):
    html: str


def test_least_recently_used_goes_first():
    kept: Kept[Words] = Kept(2500)
    for key in ("a", "b"):
        kept.keep(Words(key * 1000), key)
    assert kept.find("a")
    kept.keep(Words("c" * 1000), "c")
    assert [bool(kept.find(key)) for key in ("a", "b", "c")] == [True, False, True]


def test_what_is_larger_than_the_store_is_not_kept():
    kept: Kept[Words] = Kept(2500)
    kept.keep(Words("a" * 5000), "a")
    assert kept.find("a") is None


def test_settings_are_part_of_the_key(settings):
    kept: Kept[Words] = Kept(2500)
    kept.keep(Words("Words."), 1)
    settings.NEWSLETTER_NAME = "Another"
    assert kept.find(1) is None


def test_every_setting_that_issues_print_is_part_of_the_key():
    files = [Path(configured.BASE_DIR, name) for name in ("text/markdown.py", "issues/feeds/documents.py")]
    for folder in ("issues/printing", "issues/templatetags"):
        files += Path(configured.BASE_DIR, folder).glob("*.py")
    used = {name for path in files for name in re.findall(r"\bsettings\.([A-Z_]+)", path.read_text())}
    not_printed = {"BASE_DIR", "DEBUG"}
    not_printed |= {"NEWSLETTER_ACCENT_DARK"}  # In mails alone.
    not_printed |= {"NEWSLETTER_PAGES", "NEWSLETTER_LINKS"}  # Around the issue.
    assert used - not_printed | {"TIME_ZONE"} == set(SETTINGS)


def test_nothing_is_kept_in_development(settings):
    settings.DEBUG = True
    kept: Kept[Words] = Kept(2500)
    kept.keep(Words("Words."), 1)
    assert kept.find(1) is None
