"""What is typed at the desk is kept within seconds, offered again after a mishap, and never saved over other words."""

import json
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from desk.conflicts import PUT_BACK
from desk.models import MAX_UNSAVED_BYTES, UnsavedForm
from desk.posted import Values, words_in
from desk.sides import TellsConflicts, seen_in

# The forms of a session that were saved or thrown away: what their tabs still send is not kept again.
SETTLED = "settled_forms"
# Of one form, whole with their differences; the oldest are shown when these are settled.
SHOWN_COPIES = 5
TOO_LARGE = "These words are too many to be kept on the server: 4 MB at the most. They are kept in this browser."


class KeepsWords(TellsConflicts):
    """For admin classes whose form is a SeenForm."""

    change_form_template = "admin/kept_form.html"
    # Whether saving the form counts up the version of its row. False where something else does.
    counts_versions = True

    class Media:
        js = ("desk/autosave.js",)
        css = {"all": ("desk/saving.css",)}

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            form = _form_id(request.POST.get("_form")) or uuid4()
            context: dict[str, Any] = {"keeping": None, **(extra_context or {})}
            if request.method == "POST" and PUT_BACK in request.POST:
                if not (filled := self._fill_in(request)):
                    sentence = "These words are not kept any more: they were saved or thrown away meanwhile."
                    self.message_user(request, sentence, messages.ERROR)
                    return HttpResponseRedirect(request.get_full_path())
                form = filled
            elif request.method == "POST" and object_id:
                context["conflict"] = self.settle_conflict(request, object_id)
            response = super().changeform_view(request, object_id, form_url, context)
            if isinstance(response, TemplateResponse):
                self._offer(request, response, object_id, form)
            elif getattr(request, "words_are_saved", False):
                settle(request, form)
            return response

    def save_model(self, request, obj, form, change):
        if change and self.counts_versions:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        request.words_are_saved = True  # A redirect does not tell: an action of the page, which saves nothing, ends so.

    def _offer(self, request: HttpRequest, response: TemplateResponse, object_id: str | None, form: UUID) -> None:
        """Let the page keep what is typed into it, and offer what was kept before."""
        context = response.context_data
        if context is None:
            return
        row = context.get("original")
        if not context["has_change_permission" if row else "has_add_permission"]:
            return
        if PUT_BACK in request.POST:
            _forget_errors(context)
        opts = self.opts
        copies = UnsavedForm.objects.filter(user_id=str(request.user.pk), subject=self._subject(row)).exclude(form=form)
        context["keeping"] = {
            "form": form,
            "object": row.pk if row else "",
            "subject": self._subject(row),
            "settled": " ".join(request.session.get(SETTLED, [])),
            "keep_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_keep"),
            "compare_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_compare"),
            "discard_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_discard"),
            "is_put_back": PUT_BACK in request.POST,
            "is_unsaved": request.method == "POST",
        }
        if request.method == "GET":
            found = (self._copy(request, row, copy.form, copy.fields, copy.saved_at) for copy in copies[:SHOWN_COPIES])
            context["copies"] = [copy for copy in found if copy["differences"]]

    def _subject(self, row: Any) -> str:
        return f"{self.opts.model_name} {row.pk if row else 'new'}"

    def _copy(self, request: HttpRequest, row: Any, form: UUID, fields: Values, saved_at: Any) -> dict[str, Any]:
        """What the panel shows of unsaved words."""
        conflict = self.conflict(request, row, fields)
        return {
            "form": form,
            "saved_at": saved_at,
            "differences": [*conflict.differences, *conflict.additions],
            "conflict": conflict if row and seen_in(fields) != conflict.saved_now else None,
        }

    def _fill_in(self, request: HttpRequest) -> UUID | None:
        """Let unsaved words stand in for what was posted, if they are there. SeenForm refuses to save them so."""
        form = _form_id(request.POST[PUT_BACK])
        fields = _fields_of(request.POST.get("fields"))
        if fields is None:
            copy = UnsavedForm.objects.filter(user_id=str(request.user.pk), form=form).first() if form else None
            fields = copy.fields if copy else None
        if form is None or fields is None:
            return None
        data = QueryDict(mutable=True)
        for name, values in fields.items():
            data.setlist(name, values)
        data[PUT_BACK] = str(form)
        request.POST = data  # type: ignore[assignment]
        return form

    # What the script asks

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        views = {"keep": self.keep_view, "compare": self.compare_view, "discard": self.discard_view}
        return [
            *(
                path(f"unsaved/{verb}/", self.admin_site.admin_view(view), name=f"{name}_{verb}")
                for verb, view in views.items()
            ),
            *super().get_urls(),
        ]

    def keep_view(self, request):
        """Keep {"user", "object", "form", "fields"} for this user: {"kept": …} or {"sentence": …}."""
        if len(request.body) > MAX_UNSAVED_BYTES:
            return JsonResponse({"sentence": TOO_LARGE}, status=413)
        given, row = self._asked(request)
        if str(given["form"]) not in request.session.get(SETTLED, []):
            UnsavedForm.objects.update_or_create(
                user_id=str(request.user.pk),
                subject=self._subject(row),
                form=given["form"],
                defaults={"fields": given["fields"], "saved_at": timezone.now()},
            )
        return JsonResponse({"kept": True})

    def compare_view(self, request):
        """The panel for a copy that only the browser has; empty where it says what is saved."""
        given, row = self._asked(request)
        copy = self._copy(request, row, given["form"], given["fields"], given["saved_at"])
        if not copy["differences"]:
            return HttpResponse()
        context = {"copy": copy, "fields": json.dumps(given["fields"]), "here": self._address(row)}
        return render(request, "admin/_unsaved.html", context)

    def discard_view(self, request):
        given, _ = self._asked(request)
        settle(request, given["form"])
        return JsonResponse({"discarded": True})

    def _address(self, row: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{name}_change", args=[row.pk]) if row else reverse(f"{name}_add")

    def _asked(self, request: HttpRequest) -> tuple[dict[str, Any], Any]:
        """What the script sent, checked, and the row that it is about, or None for a new one."""
        try:
            given = json.loads(request.body) if request.method == "POST" else None
        except ValueError:
            given = None
        if not isinstance(given, dict) or given.get("user") != str(request.user.pk):
            raise PermissionDenied  # Somebody else signed in meanwhile.
        form, fields = _form_id(given.get("form")), _fields_of(given.get("fields"))
        row = self.get_object(request, unquote(str(given.get("object")))) if given.get("object") else None
        if form is None or fields is None or (given.get("object") and row is None):
            raise Http404("There is no such form.")
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        saved_at = given.get("saved_at")
        moment = parse_datetime(saved_at) if isinstance(saved_at, str) else None
        return {"form": form, "fields": fields, "saved_at": moment or timezone.now()}, row


def settle(request: HttpRequest, form: UUID) -> None:
    """It was saved, or thrown away on purpose."""
    UnsavedForm.objects.filter(user_id=str(request.user.pk), form=form).delete()
    request.session[SETTLED] = [*request.session.get(SETTLED, []), str(form)][-50:]


def _form_id(given: Any) -> UUID | None:
    try:
        return UUID(given)
    except (TypeError, ValueError, AttributeError):
        return None


def _fields_of(given: Any) -> Values | None:
    """Names and lists of text, from JSON or what was read of it."""
    try:
        fields = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return None
    if not isinstance(fields, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in fields.values()
    ):
        return None
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name.replace("\0", "").encode("utf-8", "replace").decode(), values)
    return words_in(data)


def _forget_errors(context: dict[str, Any]) -> None:
    """Words that are put back were not meant to be complete: nothing is asked of them until they are saved."""
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    for formset in formsets:
        formset._non_form_errors = ErrorList()
        formset._errors = [ErrorDict() for _ in formset.forms]
    for form in (context["adminform"].form, *(form for formset in formsets for form in formset.forms)):
        form._errors = ErrorDict()
    context["errors"] = []
