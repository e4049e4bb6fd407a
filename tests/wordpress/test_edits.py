"""Another import after something was changed at the desk."""

import pytest

from issues.changes import changing
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement, Sponsor
from tests.make import make_author, make_publication, make_sponsor
from tests.wordpress.wxr import entry, item, write
from wordpress.load import import_wordpress

pytestmark = pytest.mark.django_db

NEWER = "changed in WordPress, and left as it is here"
LAMP, OWL = "https://lamps.example/1", "https://lamps.example/2"

UNCLEAR = "Ben Reed, MD — Fern"
FUTURE = {"status": "future", "date_gmt": "2999-01-01 00:00:00"}


def html(*, lamp="It shines.", owl="It sees.", byline="Ada Moss — Fern", unclear=UNCLEAR, message="We grow."):
    sponsor = f'<div class="sreweekly-sponsor-message"><p>A message from our sponsor, Bolt:</p><p>{message}</p></div>'
    one = entry("A lamp", LAMP, f"<p>{lamp}</p><p><small>{byline}</small></p>")
    return sponsor + one + entry("An owl", OWL, f"<p>{owl}</p><p><small>{unclear}</small></p>")


def load(tmp_path, text, day=1, **options):
    fields = options.pop("fields", {})
    post = item(7, 14, html=text, modified_gmt=f"2020-01-{day:02} 00:00:00", **fields)
    return import_wordpress([write(tmp_path, post)], **options)


def credits():
    return [(article.credits, article.blurb) for article in Article.objects.order_by("position")]


def texts(report):
    return [notice.text for notice in report.notices if notice.kind == NEWER]


def rename(model, name):
    row = model.objects.get()
    previous, row.name = row.name, name
    if model is not Sponsor:
        row.keep_name(previous)  # As the form at the desk does.
    row.save()


def credit_owl():
    owl = Article.objects.get(url=OWL)
    owl.byline, owl.publication = "", Publication.objects.get()
    owl.save()
    owl.credit([make_author(name="Ben Reed, MD")])


DEEDS = {
    "author renamed": lambda: rename(Author, "Ada Moss-Reed"),
    "author merged": lambda: make_author(name="A. D. M.").absorb(Author.objects.get(name="Ada Moss")),
    "author turned": lambda: Author.objects.get().turn(),
    "publication renamed": lambda: rename(Publication, "The Fern"),
    "publication merged": lambda: make_publication(name="Fernworks").absorb(Publication.objects.get(name="Fern")),
    "publication turned": lambda: Publication.objects.get().turn(),
    "sponsor renamed": lambda: rename(Sponsor, "Bolt Inc."),
    "sponsor merged": lambda: make_sponsor(name="Bolts").absorb(Sponsor.objects.get(name="Bolt")),
    "tagged": lambda: Article.objects.get(url=LAMP).tags.add("lamps"),
    "credited": credit_owl,
}


@pytest.mark.parametrize("deed", DEEDS)
def test_names_and_tags_of_the_desk_stay_and_words_of_wordpress_are_taken(tmp_path, deed):
    byline = "Ada Moss" if deed == "author turned" else "Ada Moss — Fern"
    load(tmp_path, html(byline=byline))
    with changing([Issue.objects.get()], cause=deed):
        DEEDS[deed]()
    (one, _), (two, _) = credits()
    before = [(model, list(model.objects.values_list("name", flat=True))) for model in (Author, Publication, Sponsor)]
    report = load(tmp_path, html(byline=byline, lamp="It glows.", message="We thrive."), 2)
    assert report.left_alone == []
    assert credits() == [(one, "It glows."), (two, "It sees.")]
    assert Placement.objects.get().message == "We thrive."
    assert [(model, list(model.objects.values_list("name", flat=True))) for model, _ in before] == before
    assert Article.objects.get(url=LAMP).tags.count() == (deed == "tagged")


@pytest.mark.parametrize("deed", ["author renamed", "author merged", "publication renamed", "publication merged"])
def test_names_stay_when_everything_is_read_anew(tmp_path, deed):
    load(tmp_path, html())
    with changing([Issue.objects.get()], cause=deed):
        DEEDS[deed]()
    before = credits()
    report = load(tmp_path, html(), reload=True)
    assert (report.left_alone, report.counts["issues loaded again"], credits()) == ([], 1, before)


def test_author_who_became_a_publication_stays_one_when_everything_is_read_anew(tmp_path):
    load(tmp_path, html(byline="Mossworks"))
    with changing([Issue.objects.get()]):
        Author.objects.get().turn()
    assert load(tmp_path, html(byline="Mossworks"), reload=True).left_alone == []
    assert (credits()[0][0], Author.objects.count()) == ("Mossworks", 0)


@pytest.mark.parametrize("deed", ["credited", "publication turned"])
def test_credits_of_the_desk_are_not_read_anew(tmp_path, deed):
    load(tmp_path, html())
    with changing([Issue.objects.get()]):
        DEEDS[deed]()
    before = credits()
    assert len(load(tmp_path, html(), reload=True).left_alone) == 1
    assert credits() == before


def test_small_print_that_changed_on_both_sides_is_shown(tmp_path):
    load(tmp_path, html())
    with changing([Issue.objects.get()]):
        credit_owl()
    report = load(tmp_path, html(unclear="Cy Vale — Owl Times"), 2)
    (text,) = texts(report)
    assert "Ben Reed, MD — Fern" in text
    assert "Cy Vale — Owl Times" in text
    assert credits()[1][0] == "Ben Reed, MD — Fern"


@pytest.mark.parametrize("options", [{}, {"reload": True}])
def test_names_of_the_desk_are_still_its_own_after_another_import(tmp_path, options):
    load(tmp_path, html())
    with changing([Issue.objects.get()]):
        credit_owl()
    load(tmp_path, html(lamp="It glows."), 2)
    load(tmp_path, html(lamp="It burns."), 3)
    newer = {} if options else {"unclear": "Cy Vale — Owl Times"}
    report = load(tmp_path, html(lamp="It burns.", **newer), 4, **options)
    assert len(report.left_alone) == 1
    assert credits()[1][0] == "Ben Reed, MD — Fern"


def test_sponsor_that_changed_on_both_sides_stays_after_another_import(tmp_path):
    load(tmp_path, html())
    with changing([Issue.objects.get()]):
        Placement.objects.update(sponsor=make_sponsor(name="Cog"))
    load(tmp_path, html(lamp="It glows."), 2)
    report = load(tmp_path, html(lamp="It glows.").replace("Bolt", "Bolts"), 3)
    assert len(report.left_alone) == 1
    assert Placement.objects.get().sponsor.name == "Cog"


def test_changed_small_print_is_taken_although_its_author_was_renamed(tmp_path):
    load(tmp_path, html())
    with changing([Issue.objects.get()]):
        rename(Author, "Ada Moss-Reed")
    load(tmp_path, html(byline="Ada Moss and Cy Vale — Fern"), 2)
    assert credits()[0][0] == "Ada Moss-Reed, Cy Vale — Fern"


def edit(**values):
    with changing([Issue.objects.get()]):
        Article.objects.filter(url=LAMP).update(**values)


def test_both_texts_are_shown_whole_where_both_sides_changed(tmp_path):
    load(tmp_path, html())
    edit(blurb="Edited. " + "here " * 100 + "end")
    report = load(tmp_path, html(lamp="Corrected. " + "there " * 100 + "end"), 2)
    assert len(report.left_alone) == 1
    (line,) = next(section.lines for section in report.sections() if section.heading.startswith(NEWER))
    assert all(text in line for text in ("A lamp", "Edited. here", "here end", "Corrected. there", "there end"))
    assert credits()[0][1].startswith("Edited.")


def test_what_only_wordpress_changed_is_shown_where_something_else_was_edited(tmp_path):
    load(tmp_path, html())
    edit(title="Lamps!")
    report = load(tmp_path, html(owl="It hears.", message="We thrive.") + entry("New", "https://n.example/"), 2)
    assert [text.splitlines()[0] for text in texts(report)] == [
        "sponsor’s message",
        "blurb of “An owl”",
        "new article “New”",
    ]


def test_article_that_wordpress_removed_is_shown(tmp_path):
    load(tmp_path, html())
    edit(title="Lamps!")
    report = load(tmp_path, html().partition('<div class="sreweekly-entry">')[0] + entry("An owl", OWL, "It sees."), 2)
    assert any(text.startswith("article “A lamp”") for text in texts(report))


def test_edit_that_wordpress_made_too_is_not_shown(tmp_path):
    load(tmp_path, html())
    edit(blurb="It glows.")
    assert texts(load(tmp_path, html(lamp="It glows."), 2)) == []


def test_both_texts_of_a_page_are_shown(tmp_path):
    import_wordpress([write(tmp_path, item(7, title="Owls", html="One."))])
    Page.objects.update(body="Two.")
    report = import_wordpress([write(tmp_path, item(7, title="Owls", html="Three."))])
    (text,) = texts(report)
    assert "Two." in text
    assert "Three." in text


@pytest.mark.parametrize(
    ("number", "fields", "state"),
    [(14, {}, "published"), (None, {}, "published"), (14, {"status": "draft"}, "draft"), (14, FUTURE, "scheduled")],
)
def test_post_that_went_to_the_trash_is_told_with_its_state_here(tmp_path, number, fields, state):
    import_wordpress([write(tmp_path, item(7, number, **fields))])
    report = import_wordpress([write(tmp_path, item(7, number, **{**fields, "status": "trash", "slug": "x__trashed"}))])
    ((_, why),) = report.left_alone
    assert (why.startswith(f"{state} here"), "in the trash" in why, report.left_out) == (True, True, {})
    assert Issue.objects.count() + Page.objects.count() == 1


def test_other_post_in_the_trash_is_left_out(tmp_path):
    load(tmp_path, html())
    report = load(tmp_path, html(), fields={"status": "trash", "guid": "https://other.example/?p=7"})
    assert (len(report.left_out["status “trash”"]), report.left_alone) == (1, [])


def test_issue_that_is_a_draft_again_in_wordpress_is_told(tmp_path):
    load(tmp_path, html())
    report = load(tmp_path, html(), 2, fields={"status": "draft"})
    assert Issue.objects.get().state == "draft"
    assert "draft" in [notice.kind for notice in report.notices]
