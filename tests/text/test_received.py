import time

import pytest

from text.received import decode_entities, normalize, one_line, text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Why Vec<T> and Option<T> differ", "Why Vec<T> and Option<T> differ"),
        ("<antirez>", "<antirez>"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("<a href='/?q=1>0' title=x>Link</a><br />", "Link"),
        ("The <i>x</i> of Q&amp;A", "The x of Q&A"),
        ("<p>One</p><p>two<br>three</p>", "One two three"),
        ("a <!-- hidden --> b<script>alert('<x>')</script>", "a b"),
        ("Cafe\u0301 <b class='x'>bold</b>", "Café bold"),
    ],
)
def test_markup_is_told_from_text_that_looks_like_it(markup, text):
    assert text_of(markup) == text


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("Don&#8217;t page me", "Don’t page me"),
        ("&lt;template&gt;", "<template>"),
        ("AT&T & co; R&D", "AT&T & co; R&D"),
        ("a &amp; b", "a & b"),
    ],
)
def test_entities_that_are_left_are_decoded(text, decoded):
    assert decode_entities(text) == decoded


@pytest.mark.parametrize(
    "text",
    [
        "Zoe\u0308",
        "Zo\u200bë",
        "\ufeffZoë",
        "Zo\u00adë",
        "Zoë\u202e",
        "Zo\x00ë",
        " Zoë\n",
        "Zo\u200dë",
        "Z\u034foë",
        "\u3164Zoë",
        "Zoë\U000e0041",
    ],
)
def test_two_spellings_that_look_alike_become_one(text):
    assert one_line(text) == "Zoë"


@pytest.mark.parametrize("text", ["👩\u200d🚀", "می\u200cخواهم", "क्\u200dष", "🏴\U000e0067\U000e0062\U000e007f"])
def test_joiners_stay(text):
    assert normalize(text) == text


@pytest.mark.parametrize("piece", ["\u200d", "x\u200d", "\U000e0041", '<a ="', "<b x='y' "])
def test_repetitive_text_is_read_in_time(piece):
    begin = time.process_time()
    text_of(piece * (200_000 // len(piece)))
    assert time.process_time() - begin < 3
