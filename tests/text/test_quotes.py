import pytest

from text.quotes import quote


@pytest.mark.parametrize(
    ("title", "quoted"),
    [
        ("On call", "“On call”"),
        ("Say “No” more often", "“Say “No” more often”"),
        ("“Works for me”: a story", "‘“Works for me”: a story’"),
        ('What is "done"', '‘What is "done"’'),
    ],
)
def test_marks_are_never_doubled(title, quoted):
    assert quote(title) == quoted
