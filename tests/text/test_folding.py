import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from text.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ZOË", "zoe"),
        ("Zoe\u0308", "zoe"),
        ("Łukasz Ørsted Straße Æsop", "lukasz orsted strasse aesop"),
        ("Ｏｎ‑ｃａｌｌ on‐call", "on-call on-call"),
        ("it’s ‘so’", "it's 'so'"),
        ("ﬁx İt", "fix it"),
        ("НАДЁЖНОСТЬ", "надежность"),
        ("信頼性 الموثوقية हिन्दी", "信頼性 الموثوقية हिन्दी"),
        ("one—two", "one—two"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@given(st.text())
@limits(max_examples=25)
def test_folded_text_stays_the_same(text):
    assert fold(fold(text)) == fold(text)
