"""Autosave for the forms of the desk: what is typed is kept within seconds, and offered again after a mishap."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, get_content_type_for_model
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from desk.conflicts import ORDER_CHOICE, Conflict, dump_opened
from desk.models import MAX_UNSAVED_BYTES, UnsavedForm
from desk.posted import Formsets, is_values, read_rows

# Session key: the forms that were saved or discarded. What their tabs still send is not kept again.
SETTLED = "settled_forms"
MAX_SETTLED = 50
# Drafts of one form that are shown with their differences; older ones appear when these are settled.
SHOWN_DRAFTS = 5
TOO_LARGE = "This form is too large to be kept on the server (limit: 4 MB). It is kept in this browser."
GONE = "This draft is gone: it was saved or discarded in another tab."


class KeepsWords(admin.ModelAdmin):
    """Admin class that keeps unsaved drafts of its form and resolves conflicts. Its `form` is a SeenForm.

    After a conflict, and for a draft that is opened again, the form is filled with `request.form_data` instead of what
    the browser posted: get_form() decides on it, because it comes first and knows the row. A ModelAdmin serves all
    requests with one instance and cannot hold it.
    """

    change_form_template = "admin/kept_form.html"
    # Whether saving the form counts up the version of its row. False where something else does.
    counts_versions = True

    class Media:
        js = ("desk/autosave.js",)
        css = {"all": ("desk/saving.css",)}

    def last_save(self, row: Any) -> tuple[str, datetime | None]:
        """Return who saved the row last, or "", and when."""
        log = LogEntry.objects.filter(content_type=get_content_type_for_model(row), object_id=str(row.pk))
        last = log.select_related("user").first()
        return (str(last.user), last.action_time) if last else ("", None)

    def bring_back(self, request: HttpRequest, row: Any, keys: list[str]) -> bool:
        """Put rows back into this one's formsets that were taken out; return whether any was. The others are added anew."""
        return False

    # Hooks of ModelAdmin

    def get_form(self, request, obj=None, change=False, **kwargs):
        form_class = super().get_form(request, obj, change, **kwargs)
        if IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST:
            return form_class
        if request.method == "POST" and obj and self.has_change_permission(request, obj):
            self._resolve(request, obj)
        elif request.method == "GET" and "draft" in request.GET:
            self._open_draft(request, obj)
        if not hasattr(request, "form_data"):
            return form_class

        class FilledForm(form_class):
            def __init__(self, data=None, files=None, **kwargs):
                super().__init__(request.form_data, files, **kwargs)

        return FilledForm if request.method == "POST" else _without_errors(FilledForm)

    def get_formsets_with_inlines(self, request, obj=None):
        is_draft = request.method == "GET" and hasattr(request, "form_data")
        for formset_class, inline in super().get_formsets_with_inlines(request, obj):
            yield _without_errors(formset_class) if is_draft else formset_class, inline

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        return {**kwargs, "data": request.form_data} if hasattr(request, "form_data") else kwargs

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_save and not context["is_popup"]:
            self._add_drafts(request, context, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        if change and self.counts_versions:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if form_id := _form_id(request.POST.get("_form")):
            _settle(request, form_id)

    # Filling the form

    def _resolve(self, request: Any, row: Any) -> None:
        """If another version was saved since, fill the form as the editor decided, or ask."""
        if request.POST.get("seen") == str(row.version):
            return
        conflict = self._compare(request, row, request.POST)
        if conflict.is_decided and conflict.wanted_back and self.bring_back(request, row, conflict.wanted_back):
            row.refresh_from_db()
            data = request.POST.copy()
            data["_saved_now"] = str(row.version)  # The choices hold for the version that this made, too.
            data.setdefault(ORDER_CHOICE, "mine")  # It changed the order, about which nobody was asked.
            conflict = self._compare(request, row, data)
        request.form_data = conflict.merge()
        request.conflict = None if conflict.is_decided else conflict

    def _open_draft(self, request: Any, row: Any) -> None:
        """Fill the form with the draft that the address names."""
        subject, form_id = self._subject(row), _form_id(request.GET["draft"])
        draft = UnsavedForm.objects.filter(user_id=str(request.user.pk), subject=subject, form=form_id).first()
        if draft is None:
            self.message_user(request, GONE, messages.ERROR)
        else:
            conflict = self._compare(request, row, draft.data)
            request.form_data = conflict.merge() if conflict.is_outdated else draft.data

    def _compare(self, request: HttpRequest, row: Any, data: QueryDict, now: Any = None) -> Conflict:
        """Compare posted values with what is saved, or, if `row` is None, with what a new form offers."""
        form, formsets = now or self._build(request, row)
        version = row.version if row else None
        conflict = Conflict(
            data, read_rows(*self._build(request, row, data)), read_rows(form, formsets), formsets, version
        )
        if conflict.is_outdated:
            conflict.saved_by, conflict.saved_at = self.last_save(row)
        return conflict

    def _build(self, request: HttpRequest, row: Any, data: QueryDict | None = None) -> tuple[BaseForm, Formsets]:
        """Build the form and its formsets as ModelAdmin does."""
        form_class: Any = super().get_form(request, row, change=row is not None)
        form = form_class(data, instance=row, initial={} if row else self.get_changeform_initial_data(request))
        formsets: Formsets = []
        for formset_class, inline in super().get_formsets_with_inlines(request, row):
            prefix, rows = formset_class.get_default_prefix(), inline.get_queryset(request)
            formsets.append((formset_class(data, instance=form.instance, prefix=prefix, queryset=rows), inline))
        return form, formsets

    # Drafts

    def _add_drafts(self, request: Any, context: dict[str, Any], row: Any) -> None:
        """Let the page keep what is typed, and offer what was kept before."""
        data = getattr(request, "form_data", request.POST)
        is_new = request.method == "GET" and data is request.POST
        shown = (
            context["adminform"].form,
            [(inline.formset, inline.opts) for inline in context["inline_admin_formsets"]],
        )
        context["conflict"] = getattr(request, "conflict", None)
        context["keeping"] = {
            "form": uuid4() if is_new else _form_id(request.POST.get("_form") or request.GET.get("draft")) or uuid4(),
            "object": row.pk if row else "",
            "subject": self._subject(row),
            "opened": dump_opened(read_rows(*shown)) if is_new else data.get("opened", ""),
            "settled": " ".join(request.session.get(SETTLED, [])),
            "url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_unsaved"),
            "is_draft": request.method == "GET" and not is_new,
        }
        if is_new:
            drafts = UnsavedForm.objects.filter(user_id=str(request.user.pk), subject=self._subject(row))[:SHOWN_DRAFTS]
            compared = [(draft, self._compare(request, row, draft.data, shown)) for draft in drafts]
            context["drafts"] = [(draft, conflict) for draft, conflict in compared if conflict.differences]

    def _subject(self, row: Any) -> str:
        return f"{self.opts.model_name} {row.pk if row else 'new'}"

    def get_urls(self):
        view = self.admin_site.admin_view(require_http_methods(["POST", "DELETE"])(self.unsaved_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_unsaved"
        return [path("unsaved/", view, name=name), *super().get_urls()]

    def unsaved_view(self, request: HttpRequest) -> JsonResponse:
        """Keep what stands in a form (POST), or discard it (DELETE).

        The body is JSON: {"user", "object", "form", "fields", "saved_at", "show"}, where "object" is "" for a new row. With
        "show", the answer has a "panel" that offers the draft; it is empty, and nothing is kept, if the draft does not
        differ from what is saved.
        """
        if len(request.body) > MAX_UNSAVED_BYTES:
            return JsonResponse({"sentence": TOO_LARGE}, status=413)
        draft, row, wants_panel = self._read_body(request)
        panel = ""
        if request.method == "DELETE":
            _settle(request, draft.form)
        elif str(draft.form) not in request.session.get(SETTLED, []):
            conflict = self._compare(request, row, draft.data) if wants_panel else None
            if conflict and conflict.differences:
                panel = render_to_string("admin/_unsaved.html", {"draft": draft, "conflict": conflict}, request)
            if panel or not wants_panel:
                values = {"fields": draft.fields, "saved_at": draft.saved_at}
                UnsavedForm.objects.update_or_create(
                    values, user_id=draft.user_id, subject=draft.subject, form=draft.form
                )
        return JsonResponse({"panel": panel})

    def _read_body(self, request: HttpRequest) -> tuple[UnsavedForm, Any, bool]:
        """Return the draft, not saved yet, its row, and whether a panel is asked for. Raises PermissionDenied or Http404."""
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
        fields = {_clean(name): [_clean(text) for text in texts] for name, texts in fields.items()}
        draft = UnsavedForm(user_id=given["user"], subject=self._subject(row), form=form, fields=fields)
        draft.saved_at = _moment(given.get("saved_at"))
        return draft, row, bool(given.get("show"))


def _settle(request: HttpRequest, form: UUID) -> None:
    """Forget a form that was saved or discarded."""
    UnsavedForm.objects.filter(user_id=str(request.user.pk), form=form).delete()
    request.session[SETTLED] = [*request.session.get(SETTLED, []), str(form)][-MAX_SETTLED:]


def _without_errors(cls: Any) -> Any:
    """Return a subclass of a form or formset class that reports no errors: a draft may be incomplete until it is saved."""
    members: dict[str, Any] = {"errors": property(lambda self: ErrorDict())}
    if issubclass(cls, BaseFormSet):
        members = {"errors": [], "non_form_errors": lambda self: ErrorList(), "form": _without_errors(cls.form)}
    return type(cls)(cls.__name__, (cls,), members)


def _form_id(given: Any) -> UUID | None:
    try:
        return UUID(str(given))
    except ValueError:
        return None


def _moment(given: Any) -> datetime:
    """Return the time that the browser noted, or now if that is no time of the last year."""
    now = timezone.now()
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        return now
    return moment if moment.tzinfo and now - timedelta(days=365) < moment < now else now


def _clean(text: str) -> str:
    """Remove what PostgreSQL cannot hold: null characters and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
