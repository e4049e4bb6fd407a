import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from text.newsletter import (
    ACCENTS,
    GROUNDS,
    Link,
    contrast_of,
    parse_colour,
    parse_contacts,
    parse_links,
    parse_logo,
    parse_moment,
)

STYLESHEET = Path(__file__).resolve().parents[2] / "static" / "site.css"


def properties(name):
    """Return a colour of site.css in the light and in the dark scheme."""
    return re.findall(rf"--{name}: (#\w+);", STYLESHEET.read_text())[:2]


def test_stylesheet_has_the_default_colours():
    assert properties("accent") == list(ACCENTS.values())
    assert properties("sunk") == list(GROUNDS.values())


def test_text_can_be_read_on_every_background():
    pairs = [("accent-ink", "accent"), ("ink", "highlight"), ("ink-3", "paper"), ("stop", "paper")]
    pairs += [(name, ground) for ground in ("paper", "sunk") for name in ("ink", "ink-2", "visited", "accent")]
    for name, ground in pairs:
        for colour, behind in zip(properties(name), properties(ground), strict=True):
            assert contrast_of(colour, behind) >= 4.5, f"{name} on {ground}"


# Computed with the formulas of WCAG 2.2 elsewhere: webaim.org/resources/contrastchecker.
@pytest.mark.parametrize(
    ("first", "second", "contrast"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast(first, second, contrast):
    assert contrast_of(first, second) == pytest.approx(contrast, abs=0.01)
    assert contrast_of(second, first) == contrast_of(first, second)


def test_colours_links_and_logo_are_parsed():
    assert parse_colour("NEWSLETTER_ACCENT", "#7A1F5C") == "#7a1f5c"
    text = "Mastodon https://social.example/@us , The feed /feed/,, Write us mailto:us@example.com,"
    assert parse_links("NEWSLETTER_LINKS", text) == [
        Link("Mastodon", "https://social.example/@us"),
        Link("The feed", "/feed/"),
        Link("Write us", "mailto:us@example.com"),
    ]
    assert parse_links("NEWSLETTER_LINKS", "") == []
    assert parse_logo("NEWSLETTER_LOGO", "/static/logo.svg") == "/static/logo.svg"
    assert parse_logo("NEWSLETTER_LOGO", "") == ""


@pytest.mark.parametrize(
    ("parse", "setting", "texts"),
    [
        (
            parse_colour,
            "NEWSLETTER_ACCENT",
            ["", "red", "#abc", "#12345g", "#1234567", "#123456;} body {}"],
        ),
        (parse_colour, "NEWSLETTER_ACCENT", ["#ffcc00"]),
        (parse_colour, "NEWSLETTER_ACCENT_DARK", ["#333333"]),
        (parse_links, "NEWSLETTER_LINKS", ["https://social.example/", "Mastodon", "X javascript:alert(1)"]),
        (parse_links, "NEWSLETTER_LINKS", ["X //evil.example/", "Feed /feed/, Mastodon"]),
        (
            parse_contacts,
            "SECURITY_CONTACT",
            ["security", "http://a.example/", "mailto:x", "a@b.example, javascript:1"],
        ),
        (parse_moment, "SECURITY_EXPIRES", ["soon", "31.12.2027", "2027-13-01"]),
        (parse_logo, "NEWSLETTER_LOGO", ["https://elsewhere.example/logo.svg", "//elsewhere.example/a.svg", "a.svg"]),
    ],
)
def test_wrong_setting_is_named_with_what_was_written(parse, setting, texts):
    for text in texts:
        with pytest.raises(ImproperlyConfigured) as error:
            parse(setting, text)
        assert str(error.value).startswith(f"{setting}: ")
        assert text.split(", ")[-1] in str(error.value)
