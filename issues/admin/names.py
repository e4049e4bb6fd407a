"""Form fields that take rows by their names: authors, publications, tags and sponsors.

The names are plain text, one on each line. names.js completes them and shows them as buttons. A name that begins with a
plus makes a new row when the form is saved, so a typing error never does.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Model, Q
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods
from taggit.models import Tag

from desk.widgets import DeskScript
from issues.models.credits import Author, Credited, Publication
from issues.models.tags import FormerTag
from sponsors.models import Sponsor
from text.folding import fold
from text.matching import pattern_of
from text.names import spelled_like
from text.slugs import slug_of
from text.validators import validate_line

NEW = "+"
WRITES_ARTICLES = ("issues.add_article", "issues.change_article")
PLACES_SPONSORS = ("sponsors.add_placement", "sponsors.change_placement")
MOST_SUGGESTIONS = 8
# Names that are checked at once, and how much of a long one a sentence repeats.
MOST_NAMES, SHOWN = 100, 40


class Kind(NamedTuple):
    """A kind of rows that fields take by name."""

    model: type[Model]
    permissions: tuple[str, ...]  # Whoever has one of them may see the names.

    def spellings(self) -> list[tuple[str, list[str]]]:
        """Return all names, each with its other names, if it has any. Tags come by use, the others by name."""
        rows = self.model._default_manager.all()
        if issubclass(self.model, Credited):
            return list(rows.order_by("name").values_list("name", "aliases"))
        order: tuple[str, ...] = ("name",)
        if self.model is Tag:
            rows, order = rows.annotate(uses=Count("issues_tagging_items")), ("-uses", "name")
        return [(name, []) for name in rows.order_by(*order).values_list("name", flat=True)]


KINDS = {
    "author": Kind(Author, WRITES_ARTICLES),
    "publication": Kind(Publication, WRITES_ARTICLES),
    "tag": Kind(Tag, WRITES_ARTICLES),
    "sponsor": Kind(Sponsor, PLACES_SPONSORS),
}


class NameProblem(ValidationError):
    """What is wrong with one of the names in a field. `advice` says what to write, `similar` are names that exist."""

    def __init__(
        self,
        name: str,
        sentence: str,
        code: str | None,
        advice: str = "",
        similar: Sequence[str] = (),
        may_add: bool = False,
    ) -> None:
        super().__init__(sentence + advice, code=code)
        self.name, self.sentence, self.similar, self.may_add = name, sentence, list(similar), may_add


class Completed(forms.Widget):
    """Widget that suggests names while the editor types."""

    class Media:
        css = {"all": ("desk/names.css",)}
        js = (DeskScript("desk/names.js", reverse_lazy("admin:issues_article_names")),)

    def use_required_attribute(self, initial):
        return False  # The script hides this field, and browsers cannot point to a hidden one.


class NamesInput(Completed, forms.Textarea):
    """Several names, one on each line. The value is a list of texts."""

    def value_from_datadict(self, data, files, name):
        return [line for text in data.getlist(name) for line in map(_trim, text.split("\n")) if line]

    def format_value(self, value):
        return "\n".join(value or [])


class NameInput(Completed, forms.TextInput):
    """One name."""

    def value_from_datadict(self, data, files, name):
        return _trim(super().value_from_datadict(data, files, name) or "")


class NamesField(forms.Field):
    """Rows by their names, in the order typed. The value is a list; rows with a plus are in it and not saved yet.

    Ignores case, and takes other names, too. One query, if a name is not that of a row in `loaded`.
    """

    widget: Any = NamesInput
    loaded: Sequence[Any] = ()
    user: Any = None  # Who edits the form. Without one, or without permission, no row can be new.

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model  # Before widget_attrs() is called.
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        size = {"rows": False, "cols": False} if isinstance(widget, NamesInput) else {}
        return {"class": "names", "data-kind": self.model._meta.model_name, **size}

    def clean(self, value: Any) -> Any:
        names = list(dict.fromkeys(filter(None, value or [])))
        if self.required and not names:
            raise ValidationError(self.error_messages["required"], code="required")
        rows, problems = self.find(names)
        if problems:
            raise ValidationError(problems)
        return list(rows.values())

    def find(self, names: Sequence[str]) -> tuple[dict[str, Any], list[NameProblem]]:
        """Return the row for each of these names, new ones not saved, and what is wrong with the other names."""
        kind = self.model._meta.verbose_name
        rows, problems, sound = {}, [], []
        for name in names:
            try:
                validate_line(name)
                sound.append(name)
            except ValidationError as error:
                problems.append(NameProblem(name, f"The {kind} “{_shorten(name)}”: {error.messages[0]}", error.code))
        found = {_key(row.name): row for row in self.loaded}
        if any(_key(name) not in found for name in sound):
            # Some names begin with a plus themselves.
            found |= find_named(self.model, [*sound, *map(_plain, sound)])
        for name in sound:
            try:
                rows[name] = found.get(_key(name)) or found.get(_key(_plain(name))) or self._make(name, _plain(name))
            except NameProblem as problem:
                problems.append(problem)
        return rows, problems

    def has_changed(self, initial, data):
        return not self.disabled and list(initial or []) != list(data or [])

    def _make(self, typed: str, name: str) -> Any:
        """Return a new row, not saved. Raises NameProblem without a plus, and for names that cannot be."""
        kind = self.model._meta.verbose_name
        row = self.model(name=unicodedata.normalize("NFC", name))
        try:
            row.clean_fields(exclude=[field.name for field in self.model._meta.fields if field.name != "name"])
        except ValidationError as error:
            (problem, *_) = error.error_dict["name"]
            raise NameProblem(typed, f"The {kind} “{_shorten(name)}”: {error.messages[0]}", problem.code) from error
        may_add = self.user and _may_add(self.user, self.model)
        if not typed.startswith(NEW) or not may_add:
            similar = spelled_like(name, self.model._default_manager.values_list("name", flat=True))[:3]
            hint = f" Did you mean {' or '.join(f'“{one}”' for one in similar)}?" if similar else ""
            create = f" To create it, write “{NEW}{name}”." if may_add else f" You may not add a new {kind}."
            sentence = f"There is no {kind} “{name}”."
            raise NameProblem(typed, sentence, "unknown", hint + create, similar, bool(may_add))
        if isinstance(row, Credited):
            row.fill_slug()  # Previews print it.
        return row


class NameField(NamesField):
    """One row by its name, or None."""

    widget = NameInput

    def clean(self, value):
        rows = super().clean([value] if value else [])
        return rows[0] if rows else None

    def has_changed(self, initial, data):
        return not self.disabled and (initial or "") != (data or "")


class TagsField(NamesField):
    """Tags by their names. The value is a list of names; taggit makes the new ones."""

    is_unordered = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Tag, **{"label": "Tags", "required": False} | kwargs)

    def clean(self, value):
        return list({tag.name.casefold(): tag.name for tag in super().clean(value)}.values())

    def has_changed(self, initial, data):
        return super().has_changed(sorted(initial or []), sorted(data or []))

    def _make(self, typed, name):
        slug = slug_of(name)
        if not slug:
            sentence = f"“{name}” needs letters or digits for the address of its page."
            raise NameProblem(typed, sentence, "slug")
        # Name and slug have room for 100 characters. taggit appends a number if another tag has the slug.
        if max(len(name), len(slug) + 5) > 100:
            raise NameProblem(typed, f"The tag “{_shorten(name)}” is too long. Shorten it.", "max_length")
        return super()._make(typed, name)


def find_named(model: type[Model], names: Iterable[str]) -> dict[str, Any]:
    """Return the rows with these names, by their key: names in lower case, in Unicode's form NFC.

    Authors and publications are found by their other names too, and tags by those that were merged into them.
    """
    names = list(names)
    # PostgreSQL and Python disagree on a few capitals, such as “İ”.
    called = Q(name__in=names) | Q(lower_name__in=[*map(_key, names), *(name.lower() for name in names)])
    if issubclass(model, Credited):
        called |= Q(aliases__overlap=names)
    rows: list[Any] = list(model._default_manager.annotate(lower_name=Lower("name")).filter(called))
    others = {_key(alias): row for row in rows for alias in getattr(row, "aliases", ())}
    if model is Tag:
        former = FormerTag.objects.filter(name__in=names).select_related("tag")
        others = {_key(row.name): row.tag for row in former}
    return others | {_key(row.name): row for row in rows}


@require_http_methods(["GET", "POST"])
def names_view(request: HttpRequest) -> JsonResponse:
    """Answer {"names", "similar", "mayCreate"} for what is typed, `term`, of a `kind` of rows. One query.

    `names` contain the term, the best first. If there are few, `similar` ones may be it in another spelling. Names that
    are posted are checked instead: see _check().
    """
    given = request.POST if request.method == "POST" else request.GET
    kind = KINDS.get(given.get("kind", ""))
    if kind is None:
        raise Http404
    if not any(map(request.user.has_perm, kind.permissions)):
        raise PermissionDenied
    if request.method == "POST":
        return _check(request, kind.model)
    typed = _trim(request.GET.get("term", ""))[:200]
    term = fold(typed)
    rows = [(name, [fold(one) for one in (name, *aliases)]) for name, aliases in kind.spellings()]
    found = re.compile(pattern_of(typed)).search
    containing = [(_rank(term, spelled), name) for name, spelled in rows if any(map(found, spelled))]
    names = [name for _, name in sorted(containing, key=lambda pair: pair[0])][:MOST_SUGGESTIONS]
    rest = [name for name, _ in rows if name not in names] if term and len(names) < MOST_SUGGESTIONS else []
    similar = spelled_like(typed, rest)[:MOST_SUGGESTIONS]
    return JsonResponse({"names": names, "similar": similar, "mayCreate": _may_add(request.user, kind.model)})


def _check(request: HttpRequest, model: type[Model]) -> JsonResponse:
    """Answer {"found", "problems"} for each `name`: the names of the rows that exist, and what is wrong with others.

    At most two queries, and one for each name that does not exist.
    """
    field = TagsField() if model is Tag else NamesField(model)
    field.user = request.user
    names = [name for name in dict.fromkeys(map(_trim, request.POST.getlist("name")[:MOST_NAMES])) if name]
    rows, problems = field.find(names)
    told = [
        {"name": one.name, "sentence": one.sentence, "similar": one.similar, "mayCreate": one.may_add}
        for one in problems
    ]
    return JsonResponse({"found": {name: row.name for name, row in rows.items() if row.pk}, "problems": told})


def _may_add(user: Any, model: type[Model]) -> bool:
    return user.has_perm(f"{model._meta.app_label}.add_{model._meta.model_name}")


def _rank(term: str, spelled: Iterable[str]) -> int:
    """Return 0 if one of these is the term, 1 if one begins with it, 2 if a word of one does, else 3."""
    spelled = list(spelled)
    if term in spelled:
        return 0
    if any(one.startswith(term) for one in spelled):
        return 1
    return 2 if any(f" {term}" in one for one in spelled) else 3


def _plain(name: str) -> str:
    return name.removeprefix(NEW).strip()


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


def _shorten(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"


def _trim(text: str) -> str:
    return " ".join(text.split())
