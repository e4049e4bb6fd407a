import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.differences import Piece, differences

TEXTS = st.text(alphabet="ab é\n.", max_size=30)


@given(TEXTS, TEXTS)
def test_both_texts_are_in_their_differences(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_words_are_compared():
    assert differences("It was down.", "It was up.") == [
        Piece("same", "It was "),
        Piece("removed", "down"),
        Piece("added", "up"),
        Piece("same", "."),
    ]


def test_phrase_is_one_piece():
    assert differences("The quick brown fox", "The slow red fox")[1:3] == [
        Piece("removed", "quick brown"),
        Piece("added", "slow red"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "kinds"), [("", "", []), ("a", "a", ["same"]), ("", "a", ["added"]), ("a", "", ["removed"])]
)
def test_nothing_and_all_differ(before, after, kinds):
    assert [piece.kind for piece in differences(before, after)] == kinds


def lines(word, count):
    return "".join(f"{word}{number} words\n" for number in range(count))


def test_texts_that_differ_in_many_words_are_compared_by_line():
    pieces = differences(f"first\n{lines('old', 300)}last", f"first\n{lines('new', 200)}last")
    assert [piece.kind for piece in pieces] == ["same", "removed", "added", "same"]
    assert pieces[0].text == "first\n"


def test_texts_that_differ_in_many_lines_are_wholly_different():
    pieces = differences(f"first\n{lines('old', 400)}last", f"first\n{lines('new', 400)}last")
    assert [piece.kind for piece in pieces] == ["removed", "added"]


def test_longest_texts_are_compared_in_a_moment():
    start = time.process_time()
    differences("a " * 32_000, "b a " * 16_000)
    differences("a\n" * 32_000, "b\na\n" * 16_000)
    assert time.process_time() - start < 10  # Seconds, on a machine that does much else: it takes one.
