import pytest
from django.utils import timezone

from desk.models import UnsavedForm
from issues.changes import changing, changing_page
from issues.models.issues import Issue
from pictures.uses import count_uses, uses_of
from tests.make import make_article, make_correction, make_editor, make_issue, make_page, make_picture, make_placement

pytestmark = pytest.mark.django_db


def keep_version(text):
    issue = make_issue(status="draft", intro=text)
    with changing([issue]):
        Issue.objects.filter(pk=issue.pk).update(intro="")


def keep_page(text):
    page = make_page(body=text)
    with changing_page(page):
        page.body = "Another."
        page.save()


def type_it(text):
    UnsavedForm.objects.create(user=make_editor(), subject="x", fields={"intro": [text]}, saved_at=timezone.now())


USES = {
    "Issues": lambda text: make_issue(intro=text),
    "Articles": lambda text: make_article(blurb=text),
    "Placements": lambda text: make_placement(make_issue(), message=text),
    "Corrections": lambda text: make_correction(make_issue(), text=text),
    "Pages": lambda text: make_page(body=text),
    "Versions of issues": keep_version,
    "Versions of pages": keep_page,
    "What is not saved": type_it,
}


@pytest.mark.parametrize("title", USES)
@pytest.mark.parametrize("form", ["![A]({})", "[the picture]({})", "![A](https://sreweekly.example{})"])
def test_use_is_found_wherever_a_text_names_the_picture(title, form):
    picture, other = make_picture(), make_picture()
    USES[title](form.format(picture.get_absolute_url()))
    [use] = uses_of([picture])
    assert (use.title, use.total, use.forbids, len(use.places)) == (title, 1, True, 1)
    assert uses_of([other]) == []
    assert uses_of([other, picture])[0].total == 1


def test_footer_is_a_use(settings):
    picture = make_picture()
    settings.NEWSLETTER_FOOTER = picture.markdown
    assert [use.title for use in uses_of([picture])] == ["Settings"]


def test_uses_are_counted_in_texts_of_today(django_assert_num_queries):
    picture = make_picture()
    keep_version(picture.markdown)
    make_page(body=picture.markdown * 2)
    make_article(blurb=picture.markdown)
    with django_assert_num_queries(5):
        assert count_uses() == {str(picture.name): 2}
    with django_assert_num_queries(8 + 3):
        uses_of([picture])
