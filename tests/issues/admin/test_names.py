"""Authors, publications, tags and sponsors by their names, and the suggestions while they are typed."""

import lxml.html
import pytest
from django.contrib.admin.models import LogEntry
from taggit.models import Tag

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.tags import merge_tag
from sponsors.models import Sponsor
from tests.desk_forms import error_codes, errors, read_form, save
from tests.make import make_article, make_author, make_issue, make_publication, make_sponsor, sign_in

NAMES = "/admin/issues/article/names/"


@pytest.fixture
def issue(db):
    return make_issue(articles=2, status="draft")


def url_of(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


def suggest(client, kind, term):
    return client.get(NAMES, {"kind": kind, "term": term}).json()


def test_new_names_are_created_with_the_form_and_logged(desk, issue):
    row = {"author_list": "+Zoë Smith\n+Ann Lee", "publication": "+Acme", "tag_list": "+slo\n+dns"}
    fields = {f"articles-0-{field}": value for field, value in row.items()}
    response = save(desk, url_of(issue), "issue_form", **fields, **{"placements-0-sponsor": "+Honeycomb"})
    assert response.status_code == 302
    article = issue.articles.with_credits().get(position=1)
    assert [author.name for author in article.credited_authors] == ["Zoë Smith", "Ann Lee"]
    assert (article.publication.name, [tag.name for tag in article.printed_tags]) == ("Acme", ["dns", "slo"])
    assert issue.placements.get().sponsor == Sponsor.objects.get(name="Honeycomb")
    added = LogEntry.objects.filter(action_flag=1).values_list("object_repr", flat=True)
    assert {"Zoë Smith", "Ann Lee", "Acme", "Honeycomb"} <= set(added)


def test_new_name_in_two_rows_is_created_once(desk, issue):
    fields = {f"articles-{index}-author_list": name for index, name in enumerate(["+Zoë Smith", "+zoë smith"])}
    fields |= {f"articles-{index}-publication": "+Acme" for index in range(2)}
    assert save(desk, url_of(issue), "issue_form", **fields).status_code == 302
    assert Author.objects.get(name__iexact="zoë smith").articles.count() == 2
    assert Publication.objects.get(name="Acme").articles.count() == 2


def test_names_ignore_case_and_spaces_and_take_an_author_s_other_names(desk, issue):
    kroll, ann = make_author("Rachel Kroll", aliases=["rachelbythebay"]), make_author("Ann Lee")
    save(desk, url_of(issue), "issue_form", **{"articles-0-author_list": "rachelbythebay\r\n +ann   LEE "})
    assert issue.articles.get(position=1).credited_authors == [kroll, ann]


@pytest.mark.parametrize("name", ["+plus", "İpek", "O’Brien, Jr.", "王芳", "Zoe\u0308"])
def test_odd_names_are_found_again(desk, issue, name):
    odd = make_author(name)
    save(desk, url_of(issue), "issue_form", **{"articles-0-author_list": name, "articles-1-author_list": f"+{name}"})
    assert [article.credited_authors for article in issue.articles.with_credits()] == [[odd], [odd]]
    assert save(desk, url_of(issue), "issue_form", intro="Unchanged names.").status_code == 302


def test_name_in_another_form_of_unicode_is_the_same(desk, issue):
    zoe = make_author("Zoë")
    save(desk, url_of(issue), "issue_form", **{"articles-0-author_list": "Zoe\u0308"})
    assert issue.articles.get(position=1).credited_authors == [zoe]


def test_name_of_a_merged_tag_means_the_tag_that_was_kept(desk, issue):
    kept, other = (Tag.objects.create(name=name, slug=name) for name in ("slo", "slos"))
    merge_tag(kept, other)
    save(desk, url_of(issue), "issue_form", **{"articles-0-tag_list": "+SLOs\nslos"})
    assert list(issue.articles.get(position=1).tags.names()) == ["slo"]
    assert Tag.objects.count() == 1


@pytest.mark.parametrize("field", ["author_list", "publication", "tag_list"])
def test_unknown_name_without_a_plus_is_refused_with_similar_names(desk, issue, field):
    make_author("Zoë Smith"), make_publication("Zoë Smith"), Tag.objects.create(name="Zoë Smith", slug="zoe")
    response = save(desk, url_of(issue), "issue_form", **{f"articles-0-{field}": "Zoe Smith"})
    assert error_codes(response)[f"articles-0-{field}"] == ["unknown"]
    (sentence,) = errors(response)[f"articles-0-{field}"]
    assert "“Zoë Smith”" in sentence
    assert read_form(response, "issue_form")[f"articles-0-{field}"] == ["Zoe Smith"]


def test_every_wrong_name_gets_a_sentence(desk, issue):
    response = save(desk, url_of(issue), "issue_form", **{"articles-0-author_list": "A\n+B\nC\n+" + "x" * 201})
    assert error_codes(response)["articles-0-author_list"] == ["unknown", "unknown", "max_length"]
    assert "author “xxx" in errors(response)["articles-0-author_list"][2]
    assert not Author.objects.filter(name="B").exists()


def test_nobody_creates_a_name_without_permission(issue):
    client = sign_in("view_issue", "change_issue", "view_article", "change_article")
    response = save(client, url_of(issue), "issue_form", **{"articles-0-author_list": "+Zoë"})
    assert error_codes(response)["articles-0-author_list"] == ["unknown"]
    assert not suggest(client, "author", "Zoë")["mayCreate"]


# Suggestions


def test_suggestions_fold_accents_and_case_and_begin_with_the_best(desk):
    for name in ("Joe Zoellick", "Zoë", "Anna Zoeller", "Zoë Smith", "Somebody"):
        make_author(name)
    assert suggest(desk, "author", "ZOE")["names"] == ["Zoë", "Zoë Smith", "Anna Zoeller", "Joe Zoellick"]


def test_similar_names_follow(desk):
    make_author("John Smith", aliases=["jsmith"])
    assert suggest(desk, "author", "Jon Smith") == {"names": [], "similar": ["John Smith"], "mayCreate": True}
    assert suggest(desk, "author", "jsmi")["names"] == ["John Smith"]


def test_tags_come_by_use(desk):
    make_article(tags=("slo", "slow queries"))
    make_article(tags=("slow queries",))
    assert suggest(desk, "tag", "SLO")["names"] == ["slo", "slow queries"]
    assert suggest(desk, "tag", "")["names"] == ["slow queries", "slo"]


@pytest.mark.parametrize("kind", ["author", "publication", "tag", "sponsor"])
@pytest.mark.parametrize("term", ["", "\0", "'", "%", "x" * 5000])
def test_suggestions_answer_any_term_in_one_query(desk, django_assert_num_queries, kind, term):
    with django_assert_num_queries(3):  # Two for the session and its user.
        assert desk.get(NAMES, {"kind": kind, "term": term}).status_code == 200


def check(client, kind, *names):
    return client.post(NAMES, {"kind": kind, "name": names}).json()


def test_check_tells_which_names_exist_and_what_is_wrong_with_others(desk):
    make_author("Rachel Kroll", aliases=["rachelbythebay"])
    make_author("+plus")
    answer = check(desk, "author", "rachelbythebay", "+plus", "+New", "Rachel Krol", "\0")
    assert answer["found"] == {"rachelbythebay": "Rachel Kroll", "+plus": "+plus"}
    problems = {one["name"]: (one["similar"], one["mayCreate"]) for one in answer["problems"]}
    assert problems == {"Rachel Krol": (["Rachel Kroll"], True), "\0": ([], False)}
    assert check(desk, "tag", "++", "dns")["problems"][0]["mayCreate"] is False


def test_check_takes_one_query_for_each_unknown_name(desk, django_assert_num_queries):
    make_author("Jane Doe")
    with django_assert_num_queries(5):
        check(desk, "author", "Jane Doe", "A", "B")


def test_name_that_begins_with_a_plus_is_marked_as_one_that_exists(desk, issue):
    make_article(issue=issue, position=3, authors=(make_author("+plus"), make_author("Jane")))
    page = lxml.html.fromstring(desk.get(url_of(issue)).content)
    assert [field.get("data-whole") for field in page.xpath("//textarea[@data-whole]")] == ["+plus"]


def test_unknown_kind_is_not_found(desk):
    assert desk.get(NAMES, {"kind": "user"}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "permission", "status"),
    [
        ("author", "change_article", 200),
        ("tag", "add_article", 200),
        ("author", "view_article", 403),
        ("sponsor", "change_article", 403),
        ("sponsor", "change_placement", 200),
    ],
)
def test_suggestions_need_permission(db, kind, permission, status):
    make_sponsor()
    assert sign_in(permission).get(NAMES, {"kind": kind, "term": ""}).status_code == status


def test_suggestions_are_for_the_desk(client, db):
    assert client.get(NAMES, {"kind": "tag"}).status_code == 302
    assert not Article.objects.exists()
