"""The page after a link was saved: it offers tags and a note. In the bookmarklet's small window it closes by itself."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from issues.admin.names import TagsField
from issues.models.articles import Article
from text.validators import validate_printable

# Value of the field `window` in the small window that the bookmarklet opens.
SMALL = "small"
# Seconds until the small window closes, unless somebody uses it.
CLOSE_AFTER, CLOSE_WHEN_DONE = 8, 1


class SavedForm(forms.Form):
    tag_list = TagsField()
    note = forms.CharField(
        label="Note",
        required=False,
        validators=[validate_printable],
        help_text="Never printed.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    def add_to(self, article: Article) -> None:
        """Add the tags and the note to an article of the backlog, with its row locked."""
        if tags := self.cleaned_data["tag_list"]:
            article.tags.add(*tags)
        note = self.cleaned_data["note"].strip()
        if note not in article.notes:  # As it is if the form is sent again.
            article.notes = "\n\n".join(filter(None, [article.notes, note]))
        article.save(update_fields=["notes"])


def saved_address(article: Article, window: str) -> str:
    return reverse("admin:collecting_candidate_saved", args=[article.pk], query={"window": SMALL} if window else {})


@transaction.atomic
def saved_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the link is saved (GET), or add tags and a note (POST)."""
    if not request.user.has_perm("issues.change_article"):
        raise PermissionDenied
    is_small = request.GET.get("window") == SMALL
    # Locked: what an issue prints is changed elsewhere.
    article = get_object_or_404(Article.objects.backlog().select_for_update(), pk=pk)
    form = SavedForm(request.POST or None)
    form.fields["tag_list"].user = request.user  # type: ignore[attr-defined]
    is_done = form.is_valid()
    if is_done:
        form.add_to(article)
        admin.site.get_model_admin(Article).log_change(request, article, "Tags and a note added.")
        if not is_small:
            return HttpResponseRedirect(reverse("admin:collecting_candidate_inbox"))
    context = {
        **admin.site.each_context(request),
        "title": "Saved",
        "is_popup": is_small,
        "article": article,
        "form": form,
        "is_done": is_done,
        "close_after": CLOSE_WHEN_DONE if is_done else CLOSE_AFTER,
    }
    return render(request, "admin/capture_saved.html", context)
