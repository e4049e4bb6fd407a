import pytest
from django.core.exceptions import ValidationError

from issues.preflight import pictures as checks
from issues.preflight import preflight
from issues.preflight.checked import CheckedIssue
from pictures.models import Picture
from tests.issues.preflight.checking import found, reload, summaries
from tests.make import make_article, make_correction, make_issue, make_page, make_picture, make_placement
from text.pictures import PictureName

pytestmark = pytest.mark.django_db

NAME = PictureName("a" * 20, 800, 600, "png")


def draft(blurb):
    issue = make_issue(status="draft")
    make_article(issue=issue, blurb=blurb)
    return issue


@pytest.mark.parametrize("words", ["", "  ", "...", "–", "\\[\\]"])
def test_picture_without_an_alternative_text_is_a_stop(words):
    issue = draft(f"![{words}](/pictures/{NAME})")
    assert found(checks.alternatives, issue) == [("stop", "no_alternative", "id_articles-0-blurb")]


@pytest.mark.parametrize(
    "words",
    [
        *("IMG_1234.jpg", "Screenshot 2026-11-22 at 20.45.12.png", "graph.WEBP", "plan.svg"),
        *("IMG_1234", "Screenshot 2026-11-22 at 8.45.12 PM", "Screenshot from 2026-11-22 20-45-12", "image (3)"),
    ],
)
def test_name_of_a_file_is_no_alternative_text(words):
    assert found(checks.alternatives, draft(f"![{words}](/pictures/{NAME})"))[0][:2] == (
        "warning",
        "file_name_as_alternative",
    )


@pytest.mark.parametrize(
    "words",
    ["A graph of latency, which doubles at 14:00", "図", "9", "What .png means", "Image 5: load", "Photo of 3 racks"],
)
def test_picture_that_says_what_it_shows_is_fine(words):
    assert found(checks.alternatives, draft(f"![{words}](/pictures/{NAME})")) == []


def test_picture_that_is_not_here_is_a_stop_wherever_it_is_printed():
    issue = make_issue(status="draft", intro=f"![a](/pictures/{NAME})")
    picture = make_picture()
    make_placement(issue, message=f"![b](/pictures/{picture.name}) ![c](/pictures/{NAME._replace(width=801)})")
    codes = [summary for summary in summaries(preflight(reload(issue))) if summary[1] == "no_picture"]
    assert codes == [("stop", "no_picture", "id_intro"), ("stop", "no_picture", "id_placements-0-message")]


def test_very_big_picture_is_a_warning():
    picture = Picture(digest=NAME.digest, width=800, height=600, format="png", size=checks.BIG_PICTURE + 1)
    issue = draft(f"![a](/pictures/{NAME})")
    given = {"pictures": {NAME: picture}}
    assert found(checks.big_pictures, issue, **given) == [("warning", "big_picture", "id_articles-0-blurb")]
    picture.size -= 1
    assert found(checks.big_pictures, issue, **given) == []


def test_image_of_another_site_is_no_picture_here():
    checked = CheckedIssue(draft("![](https://a.example/x.png)"), [], [])
    assert [finding for check in checks.CHECKS for finding in check(checked)] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"![a](/pictures/{NAME})", "no_picture"),
        ("![](/pictures/{})", "no_alternative"),
        ("![–](/pictures/{})", "no_alternative"),
    ],
)
def test_what_readers_see_at_once_is_refused_by_its_form(text, code):
    text = text.format(make_picture().name)
    for row in (make_page(body=text), make_correction(make_issue(), text)):
        with pytest.raises(ValidationError) as caught:
            row.clean()
        assert caught.value.code == code
    make_page(slug="draft", body=text, is_published=False).clean()
