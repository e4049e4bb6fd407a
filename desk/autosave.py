"""Autosave for the forms of the desk: what is typed is kept within seconds, and offered again after a mishap."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, get_content_type_for_model
from django.contrib.admin.utils import unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, HttpResponseRedirect, JsonResponse, QueryDict
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from desk.conflicts import MESSAGE, ORDER_CHOICE, Conflict, SeenForm, dump_opened
from desk.models import UnsavedForm
from desk.posted import Formsets, is_values, read_rows

# Session key: the ids of the last 50 forms that were saved or discarded. Drafts that arrive late are not kept again.
SETTLED = "settled_forms"
# How many drafts of one form are shown. Older ones appear when these have been saved or discarded.
SHOWN_DRAFTS = 5
# Bytes of a request that keeps a draft. Two hundred of the longest blurbs fit, more than any issue holds.
MAX_BYTES = 4 * 2**20
TOO_LARGE = "This form is too large to be kept on the server (limit: 4 MB). It is kept in this browser."


class KeepsWords(admin.ModelAdmin):
    """Admin class that keeps drafts of its form and resolves conflicts between two saves.

    After a conflict, and for a draft that is opened again, the form is filled with `request.form_data` instead of what
    the browser posted. It belongs to the request because one instance of a ModelAdmin serves all requests.
    """

    form: type[SeenForm]
    change_form_template = "admin/kept_form.html"
    counts_versions = True  # Whether saving the form increments the version of its row. False if something else does.

    class Media:
        js = ("desk/autosave.js",)
        css = {"all": ("desk/saving.css",)}

    def last_save(self, row: Any) -> tuple[str, datetime | None]:
        """Return who saved the row last, or "", and when."""
        log = LogEntry.objects.filter(content_type=get_content_type_for_model(row), object_id=str(row.pk))
        last = log.select_related("user").first()
        return (str(last.user), last.action_time) if last else ("", None)

    def bring_back(self, request: HttpRequest, row: Any, keys: list[str]) -> bool:
        """Put back rows that were taken out of `row` elsewhere, by their primary keys. Return whether any was put back.

        The form adds the others as new rows.
        """
        return False

    def why_closed(self, request: HttpRequest, row: Any) -> str:
        """Return why the user, who may change other rows, cannot change this one now. Empty if nothing keeps it."""
        return ""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Keep as a draft what is posted to a row that was closed while the form was open, and say why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            row = self.get_object(request, unquote(object_id)) if request.method == "POST" and object_id else None
            why = self.why_closed(request, row) if row else ""
            if not why:
                raise
        fields = {name: texts for name, texts in request.POST.lists() if name != "csrfmiddlewaretoken"}
        self._keep(request, row, _form_id(request.POST.get("_form")) or uuid4(), fields, timedelta())
        sentence = f"{why} Nothing was saved. Your words are kept as a draft, and offered here once it can be changed."
        self.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Fill the form here, because ModelAdmin knows the row by now and has built nothing yet."""
        form_class = super().get_form(request, obj, change, **kwargs)
        if IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST:
            return form_class
        if request.method == "POST" and obj and self.has_change_permission(request, obj):
            self._resolve(request, obj)
        elif request.method == "GET" and "draft" in request.GET:
            self._open_draft(request, obj)
        return _fill(form_class, request)

    def get_formsets_with_inlines(self, request, obj=None):
        for formset_class, inline in super().get_formsets_with_inlines(request, obj):
            yield _fill(formset_class, request), inline

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_save and not context["is_popup"]:
            self._offer_drafts(request, context, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        if change and self.counts_versions:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if form_id := _form_id(request.POST.get("_form")):
            _settle(request, form_id)

    def get_urls(self):
        view = self.admin_site.admin_view(require_http_methods(["POST", "DELETE"])(self.unsaved_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_unsaved"
        return [path("unsaved/", view, name=name), *super().get_urls()]

    # Conflicts

    def _resolve(self, request: Any, row: Any) -> None:
        """Fill the form as the editor decided, or ask, if another version was saved since it was opened."""
        if request.POST.get("seen") == str(self.form.version_of(row)):
            return
        conflict = self._compare(request, row, request.POST)
        if conflict.is_decided and conflict.wanted_back and self.bring_back(request, row, conflict.wanted_back):
            row.refresh_from_db()
            data = request.POST.copy()
            # bring_back() made a new version, and the choices hold for it too.
            data["_saved_now"] = str(self.form.version_of(row))
            data.setdefault(ORDER_CHOICE, "mine")  # It changed the order, too: keep that of the form.
            conflict = self._compare(request, row, data)
        request.form_data = conflict.merge()
        request.conflict = None if conflict.is_decided else conflict

    def _compare(self, request: HttpRequest, row: Any, data: QueryDict, now: Any = None) -> Conflict:
        """Compare posted values with what is saved, or, if `row` is None, with what a new form offers."""
        form, formsets = now or self._build(request, row)
        mine, saved = read_rows(*self._build(request, row, data)), read_rows(form, formsets)
        conflict = Conflict(data, mine, saved, formsets, self.form.version_of(row) if row else None)
        if conflict.is_outdated:
            conflict.saved_by, conflict.saved_at = self.last_save(row)
        return conflict

    def _build(self, request: HttpRequest, row: Any, data: QueryDict | None = None) -> tuple[BaseForm, Formsets]:
        """Build the form and its formsets as ModelAdmin does."""
        form_class: Any = super().get_form(request, row, change=row is not None)
        form = form_class(data, instance=row, initial={} if row else self.get_changeform_initial_data(request))
        formsets: Formsets = []
        for formset_class, inline in super().get_formsets_with_inlines(request, row):
            rows = inline.get_queryset(request)
            formsets.append((formset_class(data, instance=form.instance, queryset=rows), inline))
        return form, formsets

    # Drafts

    def _subject(self, row: Any) -> str:
        return f"{self.opts.model_name} {row.pk if row else 'new'}"

    def _drafts(self, request: HttpRequest, row: Any) -> QuerySet[UnsavedForm]:
        return UnsavedForm.objects.filter(user_id=str(request.user.pk), subject=self._subject(row))

    def _open_draft(self, request: Any, row: Any) -> None:
        """Fill the form with the draft that the address names."""
        form: Any = _form_id(request.GET["draft"])
        if draft := self._drafts(request, row).filter(form=form).first():
            request.form_data = self._compare(request, row, draft.data).merge()
        else:
            self.message_user(request, "This draft is gone: it was saved or discarded in another tab.", messages.ERROR)

    def _offer_drafts(self, request: Any, context: dict[str, Any], row: Any) -> None:
        """Give the page what it needs to keep drafts, and the drafts that were kept before."""
        is_get = request.method == "GET"
        is_draft = is_get and hasattr(request, "form_data")
        form, now = _form_id(request.POST.get("_form") or request.GET.get("draft")) or uuid4(), None
        if is_get and not is_draft:
            inlines = context["inline_admin_formsets"]
            now = context["adminform"].form, [(inline.formset, inline.opts) for inline in inlines]
        opened = dump_opened(read_rows(*now)) if now else getattr(request, "form_data", request.POST).get("opened", "")
        context["conflict"] = getattr(request, "conflict", None)
        if not context["conflict"] and context["adminform"].form.has_error(NON_FIELD_ERRORS, "conflict"):
            row.refresh_from_db()  # Another save has ended between _resolve() and clean(), which has locked the row.
            context["conflict"] = self._compare(request, row, request.POST)
        if context["conflict"]:
            # Its panel says more: there is nothing to correct.
            context["errors"] = [some for some in context["errors"] if list(some) != [MESSAGE]]
        context["keeping"] = {"form": form, "subject": self._subject(row), "opened": opened, "is_draft": is_draft}
        drafts = self._drafts(request, row).exclude(form=form)[:SHOWN_DRAFTS] if is_get else ()
        compared = [(draft, self._compare(request, row, draft.data, now)) for draft in drafts]
        context["drafts"] = [(draft, conflict) for draft, conflict in compared if conflict.differences]

    def unsaved_view(self, request):
        """Keep a draft (POST), unless its form was saved or discarded meanwhile, or discard it (DELETE).

        The body is JSON: {"user", "object", "form", "fields", "age" in seconds}. "object" is empty for a new row.
        """
        if len(request.body) > MAX_BYTES:
            return JsonResponse({"sentence": TOO_LARGE}, status=413)
        try:
            given = json.loads(request.body)
        except ValueError:
            given = None
        if not isinstance(given, dict) or given.get("user") != str(request.user.pk):
            raise PermissionDenied  # Somebody else has signed in since.
        key, form, fields = given.get("object"), _form_id(given.get("form")), given.get("fields", {})
        row = self.get_object(request, unquote(str(key))) if key else None
        if form is None or not is_values(fields) or (key and row is None):
            raise Http404
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        is_kept = request.method == "POST" and str(form) not in request.session.get(SETTLED, [])
        if request.method == "DELETE":
            _settle(request, form)
        elif is_kept:
            age = given.get("age")
            seconds = age if isinstance(age, int) and 0 < age < 10**8 else 0
            self._keep(request, row, form, fields, timedelta(seconds=seconds))
        return JsonResponse({"isKept": is_kept})

    def _keep(self, request: HttpRequest, row: Any, form: UUID, fields: Mapping[str, Any], age: timedelta) -> None:
        """Keep these values as the draft of this form."""
        fields = {_clean(name): [_clean(text) for text in texts] for name, texts in fields.items()}
        values = {"fields": fields, "saved_at": timezone.now() - age}
        user = str(request.user.pk)
        UnsavedForm.objects.update_or_create(values, user_id=user, subject=self._subject(row), form=form)


def _settle(request: HttpRequest, form: UUID) -> None:
    """Delete the draft of a form that was saved or discarded, and remember the form's id in the session."""
    UnsavedForm.objects.filter(user_id=str(request.user.pk), form=form).delete()
    request.session[SETTLED] = [*request.session.get(SETTLED, []), str(form)][-50:]


def _fill(cls: Any, request: Any) -> Any:
    """Return a subclass of a form or formset class that holds `request.form_data`, if it is set.

    An opened draft reports no errors: it may be incomplete.
    """
    if not hasattr(request, "form_data"):
        return cls
    base = _without_errors(cls) if request.method == "GET" else cls

    def fill(self: Any, *args: Any, **kwargs: Any) -> None:
        base.__init__(self, **{**kwargs, "data": request.form_data})  # Without `args`: what the browser posted.

    return type(cls)(cls.__name__, (base,), {"__init__": fill})


def _without_errors(cls: Any) -> Any:
    members: dict[str, Any] = {"errors": property(lambda self: ErrorDict())}
    if issubclass(cls, BaseFormSet):
        members = {"errors": [], "non_form_errors": lambda self: ErrorList(), "form": _without_errors(cls.form)}
    return type(cls)(cls.__name__, (cls,), members)


def _form_id(given: Any) -> UUID | None:
    try:
        return UUID(str(given))
    except ValueError:
        return None


def _clean(text: str) -> str:
    """Remove what PostgreSQL cannot hold: null characters and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
