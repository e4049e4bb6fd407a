import pytest
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from text.slugs import slug_of, validate_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        *(
            ("C++", "c-plus-plus"),
            ("C#", "c-sharp"),
            ("C", "c"),
            ("F♯", "f-sharp"),
            (".NET", "dot-net"),
            ("NET", "net"),
        ),
        *(("Google+", "google-plus"), ("C++17 & Rust", "c-plus-plus-17-rust"), ("Notepad++", "notepad-plus-plus")),
        *(("क्लाउड", "क्लाउड"), ("障害", "障害"), ("ระบบล่ม", "ระบบล่ม"), ("Zoë Łukasz", "zoë-łukasz")),
        *(("++", ""), ("🎉", ""), ("", ""), ("so\u00adft", "soft"), ("a_b - c", "a_b-c")),
    ],
)
def test_name_keeps_its_letters(name, slug):
    assert slug_of(name) == slug
    if slug:
        validate_slug(slug)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "AT&T",
            "Node.js",
            "R&D",
            "on-call",
            "Issue #7",
            "Q&A: what?",
            "Brown & Root",
            "J. R. R. Tolkien",
            "O’Reilly",
        ),
        *(
            "1+1",
            "a+b",
            "Hamburg, Germany",
            "Straße",
            "Éric",
            "SRE (Weekly)",
            "…and more",
            "st.-petersburg",
            "#hashtag",
        ),
    ],
)
def test_other_names_have_the_slug_that_they_had(name):
    assert slug_of(name) == slugify(name, allow_unicode=True)


@pytest.mark.parametrize("slug", ["a b", "a/b", "a.b", "c++", "", "a\n", "\u200b"])
def test_what_is_no_part_of_an_address_is_refused(slug):
    with pytest.raises(ValidationError):
        validate_slug(slug) if slug else validate_slug(" ")
