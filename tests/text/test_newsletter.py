import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from text.newsletter import ACCENTS, GROUNDS, Link, contrast_of, parse_colour, parse_links, parse_logo

STYLESHEET = Path(__file__).resolve().parents[2] / "static" / "site.css"


def properties(name):
    """Of site.css, for light and for dark."""
    return re.findall(rf"--{name}: (#\w+);", STYLESHEET.read_text())[:2]


def test_stylesheet_has_the_default_colours():
    assert properties("accent") == list(ACCENTS.values())
    assert properties("tint") == list(GROUNDS.values())


@pytest.mark.parametrize("name", ["ink", "faint", "visited", "accent"])
@pytest.mark.parametrize("ground", ["paper", "tint"])
def test_text_can_be_read_on_every_ground(name, ground):
    for colour, behind in zip(properties(name), properties(ground), strict=True):
        assert contrast_of(colour, behind) >= 4.5


# Computed with the formulas of WCAG 2.2 elsewhere: webaim.org/resources/contrastchecker.
@pytest.mark.parametrize(
    ("first", "second", "contrast"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast(first, second, contrast):
    assert contrast_of(first, second) == pytest.approx(contrast, abs=0.01)
    assert contrast_of(second, first) == contrast_of(first, second)


def test_colour_that_can_be_read_is_taken():
    assert parse_colour("NEWSLETTER_ACCENT", "#7A1F5C") == "#7a1f5c"


@pytest.mark.parametrize("text", ["", "red", "#abc", "#12345g", "#1234567", "#123456;} body {display: none"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="NEWSLETTER_ACCENT: write a colour as #rrggbb"):
        parse_colour("NEWSLETTER_ACCENT", text)


@pytest.mark.parametrize(("setting", "text"), [("NEWSLETTER_ACCENT", "#ffcc00"), ("NEWSLETTER_ACCENT_DARK", "#333333")])
def test_colour_that_cannot_be_read_is_refused(setting, text):
    with pytest.raises(ImproperlyConfigured, match=f"{setting}: {text} is hard to read on #"):
        parse_colour(setting, text)


def test_links_are_names_and_addresses():
    text = "Mastodon https://social.example/@us , The feed /feed/,, Write us mailto:us@example.com,"
    assert parse_links("NEWSLETTER_LINKS", text) == [
        Link("Mastodon", "https://social.example/@us"),
        Link("The feed", "/feed/"),
        Link("Write us", "mailto:us@example.com"),
    ]
    assert parse_links("NEWSLETTER_LINKS", "") == []


@pytest.mark.parametrize("text", ["https://social.example/", "Mastodon", "X javascript:alert(1)", "X //evil.example/"])
def test_what_is_no_link_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match=r"NEWSLETTER_LINKS: “.+” is no name with an address"):
        parse_links("NEWSLETTER_LINKS", f"Feed /feed/, {text}")


@pytest.mark.parametrize("text", ["https://elsewhere.example/logo.svg", "//elsewhere.example/logo.svg", "logo.svg"])
def test_logo_from_elsewhere_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="NEWSLETTER_LOGO: give an address on this site"):
        parse_logo("NEWSLETTER_LOGO", text)


def test_logo_of_this_site_is_taken():
    assert parse_logo("NEWSLETTER_LOGO", "/static/logo.svg") == "/static/logo.svg"
    assert parse_logo("NEWSLETTER_LOGO", "") == ""
