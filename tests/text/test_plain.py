import pytest

from text.plain import Links, columns_of, markdown_to_text, wrap

PICTURE = f"/pictures/{'a' * 20}-1600x900.png"


def convert(markdown):
    return markdown_to_text(markdown, Links())


@pytest.mark.parametrize(
    ("markdown", "printed"),
    [
        ("*a* **b** ~~c~~ `d  e`", "*a* **b** ~~c~~ `d e`"),
        ("# Heading", "Heading"),
        ("a  \nb\nc", "a\nb c"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("- a\n- b\n  1. c\n  2. d", "* a\n* b\n  1. c\n  2. d"),
        ("- a\n\n  b\n- c", "* a\n\n  b\n\n* c"),
        ("9. a\n10. b\n\n    c", "9. a\n\n10. b\n\n    c"),
        ("> a\n>\n> > b", "> a\n>\n> > b"),
        ("```sh\nif x; then\n\ty   \n```", "    if x; then\n        y"),
        ("| a | b |\n|---|---|\n| c | d |", "a | b\nc | d"),
        ("[]()", ""),
        ("[words]()", "words"),
        ("<https://example.com/>", "https://example.com/"),
        ("<mailto:a@b.example>", "mailto:a@b.example"),
        ("[a@b.example](mailto:a@b.example)", "a@b.example"),
        ("[here](/about/)", "here [1]"),
        # What is shown differs from the address: so that it can still be opened, it is listed.
        ("https://example.com/a%20b", "https://example.com/a b [1]"),
        (f"a ![A *graph*]({PICTURE}) b", f"a [Picture: A *graph*]\nhttps://sreweekly.example{PICTURE} b"),
        (f"[![A]({PICTURE})](/about/)", f"[Picture: A]\nhttps://sreweekly.example{PICTURE} [1]"),
        (f"![]({PICTURE})", f"[Picture: ]\nhttps://sreweekly.example{PICTURE}"),
        ("<b>no</b> ![alt](https://example.com/x.png)", "<b>no</b> !alt [1]"),
    ],
)
def test_markdown_as_text(markdown, printed):
    assert convert(markdown) == printed


def test_deep_nesting_leaves_room_for_words():
    text = convert("> " * 15 + "word " * 20)
    assert text.startswith("> " * 15 + "word word word word")


def test_long_word_keeps_a_line_to_itself():
    address = f"https://example.com/{'x' * 100}/日本語/"
    assert wrap(f"See {address} there") == f"See\n{address}\nthere"


def test_ideographs_take_two_columns_and_break_anywhere():
    lines = wrap("日本語" * 30, 20).split("\n")
    assert {columns_of(line) for line in lines} == {20}


def test_full_stop_does_not_begin_a_line():
    assert wrap("ああああ。「い」", 8) == "あああ\nあ。\n「い」"


def test_combining_marks_take_no_column():
    assert columns_of("e\u0301\u200d") == 1


def test_no_break_space_joins():
    assert wrap("aaa 10\u00a0kB", 6) == "aaa\n10\u00a0kB"


def test_right_to_left_text_stays_as_it_is():
    assert wrap("שלום עולם") == "שלום עולם"
