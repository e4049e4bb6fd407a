import time

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from text import differences as module
from text.differences import Piece, differences

TEXTS = st.text(alphabet="ab é\n.", max_size=30)


def show(pieces):
    """Return the pieces as one text, with [removed] and {added} ones."""
    marks = {"same": "%s", "removed": "[%s]", "added": "{%s}"}
    return "".join(marks[piece.kind] % piece.text for piece in pieces)


@given(TEXTS, TEXTS)
@limits(max_examples=25)
def test_both_texts_are_in_their_differences(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("It was down.", "It was up.", "It was [down]{up}."),
        ("The quick brown fox", "The slow red fox", "The [quick brown]{slow red} fox"),
        ("No one expected it.", "Nobody expected it.", "[No one]{Nobody} expected it."),
        ("I love this.\n\nRead it.", "I love this.\n\nGo read it.", "I love this.\n\n[Read]{Go read} it."),
        ("the the cat", "the cat", "the [the ]cat"),
        ("- one\n- two\n", "- two\n- one\n- three\n", "- {two\n- }one\n- [two]{three}\n"),
        ("a", "", "[a]"),
        ("", "a b", "{a b}"),
    ],
)
def test_words_are_compared(before, after, shown):
    assert show(differences(before, after)) == shown


def test_equal_texts_are_one_piece():
    assert differences("a b", "a b") == [Piece("same", "a b")]
    assert differences("", "") == []


def test_texts_with_too_many_words_are_compared_by_lines_and_then_as_a_whole(monkeypatch):
    monkeypatch.setattr(module, "MAX_SIZE", 9)
    assert show(differences("a b\nc d\n", "a b\nc e\n")) == "a b\n[c d]{c e}\n"
    assert show(differences("a\nb\nc\nd\n", "a\nb\nc\ne\n")) == "[a\nb\nc\nd\n]{a\nb\nc\ne\n}"


def test_long_texts_are_compared_in_a_moment():
    start = time.process_time()
    assert len(differences("a " * 5_000, "b a " * 2_500)) > 1_000
    assert len(differences("a\n" * 32_000, "b\na\n" * 16_000)) == 2
    assert time.process_time() - start < 5  # Seconds on a busy machine. It takes a fifth of one.
