"""The page that saves links, devices, and the list of candidates."""

import re

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from collecting.admin.capture import read_shared
from collecting.models.candidates import Candidate
from collecting.models.devices import Device
from issues.models.articles import Article
from tests.desk_forms import read_form
from tests.make import make_article, make_candidate, make_device, make_editor, make_issue, sign_in

SAVE = "/admin/collecting/candidate/save/"
SAVED = "/admin/collecting/candidate/saved/"
LIST = "/admin/collecting/candidate/"
URL = "https://example.com/post"


def told(response):
    """The text of the only message."""
    (message,) = response.context["messages"]
    return re.sub(r"<.*?>", "", str(message)).strip()


def save(client, **words):
    return client.post(SAVE, words, follow=True)


def errors(response):
    return {name: list(sentences) for name, sentences in response.context["form"].errors.items()}


# Saving


def test_address_alone_is_enough(desk):
    assert URL in told(save(desk, url=URL))
    assert Article.objects.backlog().get().url == URL


def test_log_tells_who_saved_an_article(desk):
    save(desk, url=URL)
    save(desk, url=URL)
    article, user = Article.objects.get(), User.objects.get()
    entries = LogEntry.objects.order_by("pk")
    assert [(entry.get_edited_object(), entry.user) for entry in entries] == [(article, user)] * 2
    assert [entry.action_flag for entry in entries] == [ADDITION, CHANGE]


def test_several_addresses_are_saved_one_on_each_line(desk):
    save(desk, url="https://example.com/1\r\n\r\n https://example.com/2 ")
    assert Article.objects.backlog().count() == 2


def test_earlier_run_is_told_before_and_after_saving(desk):
    make_article(issue=make_issue(number=531, status="draft"), url=URL)
    assert "Is in #531 (draft)" in desk.get(SAVE, {"url": URL}).text
    assert "Is in #531 (draft)" in told(save(desk, url=URL))


def test_link_that_was_saved_already_is_told(desk):
    save(desk, url=URL, title="T")
    assert "already" in told(save(desk, url=URL))
    assert Article.objects.count() == 1


def test_declined_link_comes_back_and_this_is_told(desk):
    make_article(url=URL, title="T", state="declined")
    assert "declined before" in told(save(desk, url=URL))
    assert Article.objects.get().state == "saved"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "http"),
        ("javascript:alert(1)", "http"),
        ("https://a:b@c.example/\nnonsense", "Line 1"),
        ("https://example.com/\0", "U+0000"),
        ("\n".join(f"{URL}/{number}" for number in range(51)), "51"),
    ],
)
def test_invalid_address_is_told(desk, url, words):
    assert words in errors(save(desk, url=url))["url"][0]
    assert not Article.objects.exists()


def test_form_with_an_error_keeps_its_text(desk):
    assert read_form(save(desk, url="x", text="Selected"), "capture_form")["text"] == ["Selected"]


def test_line_that_cannot_be_saved_stays_and_the_others_are_saved(desk):
    response = save(desk, url=f"{URL}\nno address\nhttps://example.com/2\nhttps://user:word@example.com/")
    assert {article.url for article in Article.objects.all()} == {URL, "https://example.com/2"}
    assert response.context["form"]["url"].value() == "no address\nhttps://user:word@example.com/"
    assert len(errors(response)["url"]) == len(response.context["messages"]) == 2


def test_title_for_several_addresses_is_refused(desk):
    assert list(errors(save(desk, url=f"{URL}\n{URL}/2", title="T"))) == ["title"]


def test_text_beside_an_address_goes_into_the_notes(desk):
    save(desk, url=f"Ann said: read {URL}")
    assert Article.objects.get().notes == "> Ann said: read"


def test_what_was_cut_is_told(desk):
    assert "cut at 500" in told(save(desk, url=URL, title="x" * 600))


def test_get_fills_the_form_and_saves_nothing(desk):
    words = {"url": URL, "title": "<b>T</b>", "author": "A", "site": "S", "text": "Q", "canonical": f"{URL}/c"}
    response = desk.get(SAVE, words)
    shown = {name: value for name, [value] in read_form(response, "capture_form").items()}
    assert {name: shown[name] for name in words} == words
    assert not Article.objects.exists()
    assert not Candidate.objects.exists()


def test_form_is_filled_after_signing_in(client, db):
    response = client.get(SAVE, {"url": URL, "title": "T"}, follow=True)
    make_editor()
    form = {"login": "editor", "password": "correct horse battery", "next": response.context["redirect_field_value"]}
    response = client.post(reverse("account_login"), form, follow=True)
    assert response.context["form"].initial == {"url": URL, "title": "T"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": URL}, {"url": URL, "text": ""}),
        ({"title": "T", "text": f"T {URL}"}, {"title": "T", "url": URL, "text": ""}),
        ({"text": f"“A quote.” {URL}", "url": ""}, {"url": URL, "text": "“A quote.”"}),
        ({"url": URL, "text": "Q https://other.example/"}, {"url": URL, "text": "Q https://other.example/"}),
        ({"text": "nothing"}, {"text": "nothing"}),
        ({"unknown": "x"}, {}),
    ],
)
def test_shared_text_is_read_as_android_sends_it(given, words):
    assert read_shared(given) == words


def test_another_site_cannot_save(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_editor())
    assert client.post(SAVE, {"url": URL}).status_code == 403


def test_bookmarklet_saves_with_its_key(desk):
    _, key = make_device(User.objects.get(), kind="bookmarklet")
    response = save(desk, url=URL, key=key, window="small")
    assert response.redirect_chain == [(f"{SAVED}{Article.objects.get().pk}/?window=small", 302)]
    assert Device.objects.get().last_used_at


@pytest.mark.parametrize("kind", ["wrong", "other's", "revoked", "token"])
def test_wrong_key_saves_nothing_and_keeps_the_text(desk, kind):
    user = make_editor("other") if kind == "other's" else User.objects.get()
    device, key = make_device(user, kind="token" if kind == "token" else "bookmarklet")
    if kind == "revoked":
        device.revoke()
    response = save(desk, url=URL, title="T", key="wrong" if kind == "wrong" else key)
    assert "__all__" in errors(response)
    assert read_form(response, "capture_form")["title"] == ["T"]
    assert not Article.objects.exists()


def test_user_who_may_not_add_articles_saves_a_candidate(db):
    assert "waits for an editor" in told(save(sign_in("add_candidate"), url=URL))
    assert (Candidate.objects.get().state, Article.objects.count()) == ("new", 0)


@pytest.mark.parametrize("path", [SAVE, "/admin/collecting/candidate/devices/"])
def test_user_who_may_not_add_candidates_is_refused(db, path):
    client = sign_in("view_article")
    assert client.post(path, {"url": URL, "name": "x", "kind": "token"}).status_code == 403
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["url=%00", "url=https://[", "window=%00&title=%ED%A0%80", "url=" + "https://a.example/%20" * 99],
)
def test_odd_query_is_answered(desk, query):
    assert desk.get(f"{SAVE}?{query}").status_code == 200


# After saving


@pytest.mark.parametrize(("window", "status"), [("", 302), ("small", 200)])
def test_tags_and_a_note_are_added_to_a_saved_link(desk, window, status):
    save(desk, url=URL, text="Q")
    address = f"{SAVED}{Article.objects.get().pk}/?window={window}"
    for _ in range(2):  # The second does no harm.
        response = desk.post(address, {"tag_list": "+DNS\n+queues", "note": " Ask Ann. "})
        assert response.status_code == status
    article = Article.objects.get()
    assert sorted(article.tags.names()) == ["DNS", "queues"]
    assert article.notes == "> Q\n\nAsk Ann."


def test_invalid_tag_or_note_is_refused_and_stays_in_the_form(desk):
    article = make_article()
    response = desk.post(f"{SAVED}{article.pk}/", {"tag_list": "+" + "x" * 120, "note": "a\0"})
    assert list(response.context["form"].errors) == ["tag_list", "note"]
    assert "x" * 120 in response.text


def test_tags_of_an_article_in_an_issue_are_not_changed_here(desk):
    article = make_article(issue=make_issue(status="draft"))
    assert desk.post(f"{SAVED}{article.pk}/", {"tag_list": ["DNS"]}).status_code == 404
    assert not article.tags.exists()


def test_page_after_saving_needs_permission_to_change_articles(db):
    article = make_article()
    assert sign_in("view_article", "add_candidate").get(f"{SAVED}{article.pk}/").status_code == 403


@pytest.mark.parametrize("count", [1, 2])
def test_several_links_lead_back_to_the_form(desk, count):
    response = save(desk, url="\n".join(f"{URL}/{number}" for number in range(count)))
    assert (response.redirect_chain[0][0] == SAVE) == (count == 2)


# Devices


def add_device(client, **fields):
    return client.post("/admin/collecting/candidate/devices/", {"name": "Phone", "kind": "token", **fields})


def test_token_is_shown_once(desk):
    response = add_device(desk)
    token = response.context["token"]
    assert token in response.text
    assert "no-store" in response["Cache-Control"]
    assert Device.objects.holding(token, "token") == Device.objects.get(name="Phone")
    assert token not in desk.get(SAVE).text


def test_bookmarklet_carries_a_key_in_the_fragment(desk):
    code = add_device(desk, kind="bookmarklet").context["bookmarklet"]
    assert re.fullmatch(r"javascript:[!-~]+", code)
    assert '"' not in code
    assert "%22http://testserver/admin/collecting/candidate/save/%22" in code
    assert len(code) < 8000


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "a\0"}, {"kind": "x"}])
def test_invalid_device_is_refused(desk, fields):
    response = add_device(desk, **fields)
    assert response.context["device_form"].errors
    assert not Device.objects.exists()


def test_revoked_device_is_not_listed(desk):
    device, token = make_device(User.objects.get())
    response = desk.post(f"/admin/collecting/candidate/devices/{device.pk}/revoke/", follow=True)
    assert list(response.context["devices"]) == []
    assert Device.objects.holding(token, "token") is None


def test_editor_sees_and_revokes_only_own_devices(db):
    device, _ = make_device()
    client = sign_in("add_candidate")
    assert list(client.get(SAVE).context["devices"]) == []
    assert client.post(f"/admin/collecting/candidate/devices/{device.pk}/revoke/").status_code == 404


def test_superuser_sees_all_devices(desk):
    device, _ = make_device(User.objects.create_user("other", is_staff=True))
    assert list(desk.get(SAVE).context["devices"]) == [device]


@pytest.mark.parametrize("path", ["devices/", "devices/1/revoke/"])
def test_device_pages_accept_only_post(desk, path):
    assert desk.get(LIST + path).status_code == 405


# Candidates


def act(client, action, *candidates):
    data = {"action": action, "_selected_action": [candidate.pk for candidate in candidates]}
    return client.post(LIST, data, follow=True)


def test_latest_new_candidate_comes_first(desk):
    old = [make_candidate(title=state, state=state) for state in ("new", "taken", "declined")]
    newer = make_candidate()
    listed = desk.get(LIST).context["cl"].result_list
    assert [candidate.pk for candidate in listed] == [newer.pk, old[0].pk, old[2].pk, old[1].pk]


@pytest.mark.parametrize(("action", "state"), [("save_to_backlog", "saved"), ("shortlist", "shortlisted")])
def test_several_are_taken_at_once(desk, action, state):
    act(desk, action, make_candidate(), make_candidate())
    assert [article.state for article in Article.objects.backlog()] == [state] * 2
    assert not Candidate.objects.waiting().exists()
    assert LogEntry.objects.filter(action_flag=ADDITION).count() == 2


def test_several_are_declined_at_once_and_decided_ones_stay(desk):
    taken = make_candidate(state="taken")
    act(desk, "decline", make_candidate(), make_candidate(), taken)
    assert sorted(Candidate.objects.values_list("state", flat=True)) == ["declined", "declined", "taken"]


def test_page_of_a_candidate_has_the_actions_and_no_form(desk):
    candidate = make_candidate(excerpt="Q", author="Ann")
    page = f"{LIST}{candidate.pk}/change/"
    response = desk.get(page)
    assert "_save" not in response.text
    data = {"CHANGE_FORM-action": "shortlist", "_selected_action": [candidate.pk]}
    desk.post(page, data)
    assert Article.objects.get().state == "shortlisted"
    assert desk.post(page, {"title": "Other", "_save": "1"}).status_code == 403


def test_candidates_are_not_added_by_hand(desk):
    assert desk.get(f"{LIST}add/").status_code == 403


def test_user_who_may_only_view_decides_nothing(db):
    candidate = make_candidate()
    client = sign_in("view_candidate")
    assert client.get(LIST).status_code == 200
    act(client, "save_to_backlog", candidate)
    assert not Article.objects.exists()


def test_candidates_are_found_and_filtered(desk):
    device, _ = make_device(User.objects.get())
    found = make_candidate(title="Metastable failures", device=device)
    make_candidate()
    for query in ("q=metastable", f"device__id__exact={device.pk}", "q=metastable&state=new"):
        assert [row.pk for row in desk.get(f"{LIST}?{query}").context["cl"].result_list] == [found.pk]


def test_what_was_decided_is_listed_and_declined_links_return_to_the_inbox(desk):
    new, declined = make_candidate(), make_candidate(state="declined")
    assert [row.pk for row in desk.get(f"{LIST}?state=decided").context["cl"].result_list] == [declined.pk]
    response = act(desk, "return_to_inbox", new, declined)
    assert [message.level_tag for message in response.context["messages"]] == ["success", "warning"]
    assert Candidate.objects.waiting().count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    device, _ = make_device(User.objects.get())
    issue = make_issue(status="draft")
    for number in range(count):
        make_article(issue=issue, url=f"https://example.com/{number}")
        make_candidate(url=f"https://example.com/{number}", device=device)
    with django_assert_num_queries(9):
        assert desk.get(LIST).text.count("Is in #1 (draft)") == count


@pytest.mark.parametrize("count", [1, 3])
def test_save_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for _ in range(count):
        make_device(User.objects.get())
    with django_assert_num_queries(5):
        desk.get(SAVE, {"url": "\n".join([URL] * count)})
