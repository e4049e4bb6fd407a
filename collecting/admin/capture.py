"""The page on which an editor saves links, makes a bookmarklet, and makes tokens for devices."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from collecting.admin.saved import SMALL, saved_address
from collecting.capture import MAX_PAGES, NO_ADDRESS, CapturedPage, collect, find_addresses, parse_page, save_links
from collecting.models.devices import Device
from fetching.identity import canonicalize
from issues.models.articles import Article
from issues.runs import describe_run, earlier_runs

BOOKMARKLET = Path(settings.BASE_DIR) / "static" / "desk" / "bookmarklet.js"


class RawField(forms.Field):
    """Text as it was typed or read from a page. parse_page() cleans and checks it."""

    widget = forms.TextInput(attrs={"class": "vTextField"})

    def __init__(self, label: str, **kwargs):
        super().__init__(label=label, required=False, **kwargs)


class CaptureForm(forms.Form):
    url = RawField(
        "Addresses",
        help_text=f"One on each line, up to {MAX_PAGES}. The other fields may stay empty.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false"}),
    )
    title = RawField("Title")
    author = RawField("Author", help_text="Credited if the newsletter knows exactly one author by each name.")
    site = RawField("Site")
    text = RawField("Selected text", widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}))
    canonical = RawField("Address given by the page", widget=forms.HiddenInput)
    window = RawField("Window", widget=forms.HiddenInput)

    def clean(self):
        values = {name: value or "" for name, value in self.cleaned_data.items()}
        window = values.pop("window", "")
        lines = filter(None, map(str.strip, values.pop("url").replace("\r", "\n").split("\n")))
        found = {line: find_addresses(line) for line in lines}
        addresses = [address for some, _ in found.values() for address in some]
        if len(addresses) > MAX_PAGES:
            self.add_error("url", f"These are {len(addresses):,} addresses. Save up to {MAX_PAGES} at a time.")
        if len(addresses) > 1 and (filled := [name for name, value in values.items() if value]):
            self.add_error(filled[0], "This can only be given for one page. Save that page alone, or leave this empty.")
        others = [rest for some, rest in found.values() if some]
        values["text"] = "\n\n".join(filter(None, [values["text"], *others]))
        pages, refused = self._parse_lines(found, values)
        if not pages:
            for place, sentence in enumerate(refused.values() or [NO_ADDRESS], 1):
                self.add_error("url", f"Line {place}: {sentence}" if len(refused) > 1 else sentence)
        if not self.errors:
            self.cleaned_data = {"pages": pages, "refused": list(refused), "window": window}
        return self.cleaned_data

    def _parse_lines(
        self, found: dict[str, tuple[list[str], str]], values: dict[str, str]
    ) -> tuple[list[CapturedPage], dict[str, str]]:
        """Return the pages of the lines that can be saved, and what is wrong with each of the other lines."""
        pages, refused = [], {}
        for line, (addresses, _) in found.items():
            try:
                pages += [parse_page({**values, "url": address}) for address in addresses]
                if not addresses:
                    refused[line] = NO_ADDRESS
            except ValidationError as error:
                refused[line] = " ".join(error.messages)
        return pages, refused


class DeviceForm(forms.ModelForm):
    class Meta:
        model = Device
        fields = ("name", "kind")
        widgets = {"kind": forms.HiddenInput}


def save_view(request: HttpRequest) -> HttpResponse:
    """Show a form, filled in from the query string (GET), or save links (POST, with a CSRF token).

    Lines that cannot be saved do not keep the others from it: they stay in the form, each with its sentence.

    A bookmarklet puts its key into the fragment of the address, and desk/capture.js then posts the form at once. Other
    sites can open this page, too, but they know no key: nothing is saved until the editor presses the button.
    """
    if not request.user.has_perm("collecting.add_candidate"):
        raise PermissionDenied
    if request.method != "POST":
        return _render_page(request, CaptureForm(initial=read_shared(request.GET)))
    form = CaptureForm(request.POST)
    key = request.POST.get("key", "")
    if form.is_valid() and key and not _is_own_key(request, key):
        form.add_error(None, "Nothing is saved yet: this bookmarklet was revoked or is not yours. Press “Save”.")
    if not form.is_valid():
        return _render_page(request, form)
    saved = _save(request, form.cleaned_data["pages"])
    window = SMALL if form.cleaned_data["window"] == SMALL else ""
    if refused := form.cleaned_data["refused"]:
        return _render_page(request, CaptureForm({"url": "\n".join(refused), "window": window}))
    if len(saved) == 1 and request.user.has_perm("issues.change_article"):
        return HttpResponseRedirect(saved_address(saved[0], window))
    query = {"window": window} if window else {}
    return HttpResponseRedirect(reverse("admin:collecting_candidate_save", query=query))


@require_POST
def add_device_view(request: HttpRequest) -> HttpResponse:
    """Add a device, and show its token at once instead of redirecting, because the token is stored nowhere."""
    if not request.user.has_perm("collecting.add_candidate"):
        raise PermissionDenied
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return _render_page(request, CaptureForm(), device_form=form)
    device, token = Device.register(request.user, **form.cleaned_data)  # type: ignore[arg-type]
    secret: dict[str, object] = {"device": device}
    if device.kind == Device.Kind.TOKEN:
        secret["token"] = token
    else:
        secret["bookmarklet"] = bookmarklet(
            request.build_absolute_uri(reverse("admin:collecting_candidate_save")), token
        )
    return _render_page(request, CaptureForm(), **secret)


@require_POST
def revoke_device_view(request: HttpRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(Device.objects.visible_to(request.user), pk=pk)
    device.revoke()
    messages.success(request, format_html("“{}” is revoked. It cannot save links any more.", device))
    return HttpResponseRedirect(reverse("admin:collecting_candidate_save"))


def bookmarklet(address: str, key: str) -> str:
    """Return bookmarklet.js as a javascript: address. It sends the key in a fragment, which no server logs."""
    lines = [line.strip() for line in BOOKMARKLET.read_text().splitlines()]
    code = " ".join(line for line in lines if line and not line.startswith("//"))
    code = code.replace('"SAVE"', json.dumps(address)).replace('"KEY"', json.dumps(key))
    return "javascript:" + quote(code, safe="!'()*,/:;=?@$&+[]{}|~-._")


def change_url(article: Article) -> str:
    return reverse("admin:issues_article_change", args=[article.pk])


def read_shared(given: Mapping[str, str]) -> dict[str, str]:
    """Return the form's values from the query string. Android puts a link into `text`, often after the title."""
    values = {name: given[name] for name in CaptureForm.base_fields if name in given}
    if not values.get("url", "").strip() and "text" in values:
        addresses, rest = find_addresses(values["text"])
        if addresses:
            values |= {"url": "\n".join(addresses), "text": "" if rest == values.get("title") else rest}
    return values


def _is_own_key(request: HttpRequest, key: str) -> bool:
    device = Device.objects.holding(key, Device.Kind.BOOKMARKLET)
    if device is None or device.user != request.user:
        return False
    device.note_use()
    return True


def log_saved(request: HttpRequest, saved: Iterable[tuple[Article, bool]]) -> None:
    """Write in Django's log who saved these articles. `saved` pairs each article with whether it is new."""
    articles: dict[bool, list[Article]] = {True: [], False: []}
    for article, is_new in saved:
        articles[is_new].append(article)
    for is_new, flag in ((True, ADDITION), (False, CHANGE)):
        if articles[is_new]:
            LogEntry.objects.log_actions(request.user.pk, articles[is_new], flag, "Saved from a link.")  # type: ignore[arg-type]


def _save(request: HttpRequest, pages: list[CapturedPage]) -> list[Article]:
    """Save links as articles, which are returned, or as candidates for a user who may not add articles."""
    if not request.user.has_perm("issues.add_article"):
        for collected in collect(pages):
            sentence = "“{}” waits for an editor." if collected.is_new else "“{}” was saved already."
            _tell(request, format_html(sentence, collected.candidate), collected.runs, collected.notes)
        return []
    saved = save_links(pages)
    log_saved(request, ((one.article, one.is_new) for one in saved))
    for one in saved:
        link = format_html('“<a href="{}">{}</a>”', change_url(one.article), one.article)
        sentence = "{} is in the backlog." if one.is_new else "{} was saved already."
        if one.was_declined:
            sentence = "{} was declined before. It is in the backlog again."
        _tell(request, format_html(sentence, link), one.runs, one.notes)
    return [one.article for one in saved]


def _tell(request: HttpRequest, sentence: SafeString, runs: list[Article], notes: list[str]) -> None:
    message = format_html("{} {} {}", sentence, describe_runs(runs), " ".join(notes))
    (messages.warning if runs else messages.success)(request, message)


def describe_runs(runs: list[Article]) -> SafeString:
    """Return a sentence for each run, with a link to its issue at the desk."""
    rows = ((reverse("admin:issues_issue_change", args=[run.issue_id]), describe_run(run)) for run in runs)
    return format_html_join(" ", '<a href="{}">{}</a>.', rows)


def _render_page(request: HttpRequest, form: CaptureForm, **context: object) -> HttpResponse:
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
