"""The page on which an editor saves links, gets a bookmarklet, and gives tokens to devices."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from collecting.capture import MAX_PAGES, NO_ADDRESS, CapturedPage, collect, find_addresses, read_page, save
from collecting.models.devices import Device
from fetching.addresses import canonicalize
from issues.models.articles import Article
from issues.runs import describe_run, earlier_runs

BOOKMARKLET = Path(settings.BASE_DIR) / "static" / "desk" / "bookmarklet.js"
# What the bookmarklet's small window is told by.
SMALL = "small"


class Words(forms.Field):
    """Text as it was typed or read off a page: issues/capture.py mends it and says what is wrong."""

    widget = forms.TextInput(attrs={"class": "vTextField"})

    def __init__(self, label: str, **kwargs):
        super().__init__(label=label, required=False, **kwargs)


class CaptureForm(forms.Form):
    url = Words(
        "Addresses",
        help_text=f"One on each line, {MAX_PAGES} at the most. An address is enough.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false"}),
    )
    title = Words("Title")
    author = Words("Author", help_text="Credited where each name is exactly one that the newsletter knows.")
    site = Words("Site")
    text = Words("Selected text", widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}))
    canonical = Words("Address given by the page", widget=forms.HiddenInput)
    window = Words("Window", widget=forms.HiddenInput)

    def clean(self):
        words = {name: value or "" for name, value in self.cleaned_data.items()}
        window = words.pop("window", "")
        addresses, others = self._read_lines(words.pop("url").replace("\r", "\n"))
        if len(addresses) > MAX_PAGES:
            self.add_error("url", f"{len(addresses):,} addresses are too many: {MAX_PAGES} at the most in one go.")
        if len(addresses) > 1 and (filled := [name for name, value in words.items() if value]):
            self.add_error(filled[0], "This is said of one page: save that one alone, or leave this empty.")
        words["text"] = "\n\n".join(filter(None, [words["text"], *others]))
        if not self.errors:
            self.cleaned_data = {"pages": list(self._read_pages(addresses, words)), "window": window}
        return self.cleaned_data

    def _read_lines(self, text: str) -> tuple[list[str], list[str]]:
        """The addresses, and what else stands on their lines."""
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if not lines:
            self.add_error("url", NO_ADDRESS)
        addresses, others = [], []
        for place, line in enumerate(lines, 1):
            found, rest = find_addresses(line)
            addresses += found
            others += [rest] if rest else []
            if not found:
                self.add_error("url", f"Line {place}: {NO_ADDRESS}" if len(lines) > 1 else NO_ADDRESS)
        return addresses, others

    def _read_pages(self, addresses: list[str], words: dict[str, str]) -> Iterable[CapturedPage]:
        for place, address in enumerate(addresses, 1):
            try:
                yield read_page({**words, "url": address})
            except ValidationError as error:
                for name, sentences in error.message_dict.items():
                    line = f"Address {place}: " if name == "url" and len(addresses) > 1 else ""
                    for sentence in sentences:
                        self.add_error(name, line + sentence)


class DeviceForm(forms.ModelForm):
    class Meta:
        model = Device
        fields = ("name", "kind")
        widgets = {"kind": forms.HiddenInput}


def save_links(request: HttpRequest) -> HttpResponse:
    """GET shows what was given in the address; only POST saves, with this site's own CSRF token.

    A bookmarklet's key saves a press: desk/capture.js posts at once where the fragment of the address holds one. Other
    sites can open this page too, with any fragment, but do not know a key: they get a form that somebody has to press.
    """
    if not request.user.has_perm("collecting.add_candidate"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, CaptureForm(initial=read_shared(request.GET)))
    form = CaptureForm(request.POST)
    key = request.POST.get("key", "")
    if form.is_valid() and key and not _is_own_key(request, key):
        form.add_error(None, "Nothing is saved yet: this bookmarklet was revoked, or is not yours. Press “Save”.")
    if not form.is_valid():
        return _page(request, form)
    _save(request, form.cleaned_data["pages"])
    query = {"window": SMALL} if form.cleaned_data["window"] == SMALL else {}
    return HttpResponseRedirect(reverse("admin:collecting_candidate_save", query=query))


@require_POST
def add_device(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself, because the token is nowhere but in this answer."""
    if not request.user.has_perm("collecting.add_candidate"):
        raise PermissionDenied
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return _page(request, CaptureForm(), device_form=form)
    device, token = Device.register(request.user, **form.cleaned_data)  # type: ignore[arg-type]
    secret: dict[str, object] = {"device": device}
    if device.kind == Device.Kind.TOKEN:
        secret["token"] = token
    else:
        secret["bookmarklet"] = bookmarklet(
            request.build_absolute_uri(reverse("admin:collecting_candidate_save")), token
        )
    return _page(request, CaptureForm(), **secret)


@require_POST
def revoke_device(request: HttpRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(Device.objects.visible_to(request.user), pk=pk)
    device.revoke()
    messages.success(request, format_html("“{}” is revoked: what it sends from now on is refused.", device))
    return HttpResponseRedirect(reverse("admin:collecting_candidate_save"))


def bookmarklet(address: str, key: str) -> str:
    """static/desk/bookmarklet.js as a javascript: address. Its key stands in the fragment, which no server logs."""
    lines = [line.strip() for line in BOOKMARKLET.read_text().splitlines()]
    code = " ".join(line for line in lines if line and not line.startswith("//"))
    code = code.replace('"SAVE"', json.dumps(address)).replace('"KEY"', json.dumps(key))
    return "javascript:" + quote(code, safe="!'()*,/:;=?@$&+[]{}|~-._")


def change_url(article: Article) -> str:
    return reverse("admin:issues_article_change", args=[article.pk])


def read_shared(given: Mapping[str, str]) -> dict[str, str]:
    """What stands in the page's address. Android shares an address within `text`, and often the title once more."""
    words = {name: given[name] for name in CaptureForm.base_fields if name in given}
    if not words.get("url", "").strip() and "text" in words:
        addresses, rest = find_addresses(words["text"])
        if addresses:
            words |= {"url": "\n".join(addresses), "text": "" if rest == words.get("title") else rest}
    return words


def _is_own_key(request: HttpRequest, key: str) -> bool:
    device = Device.objects.holding(key, Device.Kind.BOOKMARKLET)
    if device is None or device.user != request.user:
        return False
    device.note_use()
    return True


def _save(request: HttpRequest, pages: list[CapturedPage]) -> None:
    """An editor's are articles at once; those of who may not add articles are candidates."""
    if not request.user.has_perm("issues.add_article"):
        for one in collect(pages):
            sentence = "“{}” waits for an editor." if one.is_new else "“{}” was saved already."
            _tell(request, format_html(sentence, one.candidate), one.runs, one.notes)
        return
    for saved in save(pages, request.user):  # type: ignore[arg-type]
        link = format_html('“<a href="{}">{}</a>”', change_url(saved.article), saved.article)
        sentence = {
            "": "{} is in the backlog.",
            Article.State.DECLINED: "{} was declined before. It is in the backlog again.",
        }.get(saved.was_in_backlog, "{} was saved already.")
        _tell(request, format_html(sentence, link), saved.runs, saved.notes)


def _tell(request: HttpRequest, sentence: SafeString, runs: list[Article], notes: list[str]) -> None:
    ran = describe_runs(runs)
    message = format_html("{} {} {}", sentence, ran, " ".join(notes))
    (messages.warning if runs else messages.success)(request, message)


def describe_runs(runs: list[Article]) -> SafeString:
    """Sentences, each with a link to the issue at the desk."""
    return format_html_join(
        " ",
        '<a href="{}">{}</a>.',
        ((reverse("admin:issues_issue_change", args=[run.issue_id]), describe_run(run)) for run in runs),
    )


def _page(request: HttpRequest, form: CaptureForm, **context: object) -> HttpResponse:
    shown = form.data if form.is_bound else form.initial
    keys = [canonicalize(address) for address in re.findall(r"https?://\S{1,2000}", shown.get("url", ""))[:MAX_PAGES]]
    runs = [run for found in earlier_runs(keys).values() for run in found]
    return render(
        request,
        "admin/capture.html",
        {
            **admin.site.each_context(request),
            "title": "Save links",
            "is_popup": shown.get("window", request.GET.get("window")) == SMALL,
            "form": form,
            "runs": describe_runs(runs),
            "devices": Device.objects.filter(revoked_at=None).visible_to(request.user).select_related("user"),
            "device_form": DeviceForm(),
            "capture_address": request.build_absolute_uri(reverse("capture")),
            **context,
        },
    )
