import pytest


@pytest.fixture(autouse=True)
def no_words_of_another_test():
    """Forget the words of the test before: its changes were rolled back, so the version of the site may be the same."""
    from issues.search.marking import _stems
    from issues.search.spelling import _vocabulary

    _stems.clear()
    _vocabulary.cache_clear()
