"""Two requests at the same moment, from two people or two tabs."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.desk_forms import read_form
from tests.make import make_article, make_editor, make_issue

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run each function in a thread with its own connection, all at the same moment; return their results in order."""
    results: list[Any] = [None] * len(acts)
    start = Barrier(len(acts))

    def run(index):
        start.wait()
        try:
            results[index] = acts[index]()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def sign_in():
    client = Client()
    client.force_login(User.objects.first() or make_editor())
    return client


def post(client, url, data):
    return lambda: client.post(url, data | {"_save": "1"}).status_code


def test_two_issues_cannot_get_the_same_number():
    make_issue(number=1)
    url = "/admin/issues/issue/add/"
    one, two = sign_in(), sign_in()
    data = read_form(one.get(url), "issue_form")
    assert sorted(at_once(post(one, url, data), post(two, url, data))) == [200, 302]
    assert Issue.objects.filter(number=2).count() == 1


def test_two_saves_of_one_issue_do_not_overwrite_each_other():
    issue = make_issue(articles=2, status="draft")
    url = reverse("admin:issues_issue_change", args=[issue.pk])
    one, two = sign_in(), sign_in()
    data = read_form(one.get(url), "issue_form")
    answers = at_once(post(one, url, {**data, "intro": "One."}), post(two, url, {**data, "intro": "Two."}))
    assert sorted(answers) == [200, 302]
    issue.refresh_from_db()
    assert issue.intro == ("One." if answers[0] == 302 else "Two.")
    assert issue.version == 2


def test_articles_that_are_placed_at_once_get_different_positions():
    issue = make_issue(status="draft")
    articles = [make_article() for _ in range(4)]

    def place(article):
        with changing([issue]) as change:
            article.place(change.issues[issue.pk])

    at_once(*(lambda article=article: place(article) for article in articles))
    assert list(Article.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]


def test_issue_and_article_that_are_saved_at_once_do_not_wait_for_each_other():
    issue = make_issue(articles=1, status="draft")
    pages = {"issue": reverse("admin:issues_issue_change", args=[issue.pk])}
    pages["article"] = reverse("admin:issues_article_change", args=[issue.articles.get().pk])
    one, two = sign_in(), sign_in()
    in_issue = {**read_form(one.get(pages["issue"]), "issue_form"), "articles-0-blurb": "One."}
    in_article = {**read_form(two.get(pages["article"]), "article_form"), "blurb": "Two."}
    answers = at_once(post(one, pages["issue"], in_issue), post(two, pages["article"], in_article))
    assert sorted(answers) == [200, 302]
