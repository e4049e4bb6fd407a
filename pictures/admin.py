"""Pictures at the desk: what is there and where it is used, and sending more."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, TooManyFilesSent, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat, pluralize
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from desk.uses import MOST, ShowsUses, hide_closed
from pictures.models import Picture
from pictures.reading import READ, too_large
from pictures.storage import StorageError
from pictures.uses import count_uses, uses_of

TYPES = ",".join(f"image/{format.lower()}" for format in READ)
SIDE = 96  # CSS pixels of a small picture in the list.


class UseFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("used", "in a text"), ("unused", "in no text")]

    def queryset(self, request, queryset):
        if self.value() not in ("used", "unused"):
            return queryset
        digests = [name.partition("-")[0] for name in count_uses()]
        return queryset.filter(digest__in=digests) if self.value() == "used" else queryset.exclude(digest__in=digests)


class PictureList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        counts = count_uses()
        self.result_list = list(self.result_list)
        for picture in self.result_list:
            picture.use_count = counts[str(picture.name)]


@admin.register(Picture)
class PictureAdmin(ShowsUses):
    when_empty = "Paste, drop or pick one in any text, or add one here."
    fields = ("shown", "alternative", "for_texts", "file_name", "pixels", "bytes", "created_at", "created_by")
    readonly_fields = tuple(name for name in fields if name != "alternative")
    list_display = ("small", "label", "alternative", "for_texts", "uses", "bytes", "created_at")
    list_display_links = ("small", "label")
    list_filter = (UseFilter,)
    list_per_page = 50
    search_fields = ("file_name", "alternative", "digest")
    search_help_text = "Name of the file, alternative text, name in the address."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("created_by")

    @admin.display(description="picture")
    def small(self, picture):
        return self._image(picture, SIDE)

    @admin.display(description="name", ordering="file_name")
    def label(self, picture):
        return str(picture)

    @admin.display(description="picture")
    def shown(self, picture):
        return self._image(picture, max(picture.width, picture.height))

    @staticmethod
    def _image(picture: Picture, side: int) -> str:
        scale = min(1, side / max(picture.width, picture.height))
        return format_html(
            '<img class="picture" src="{}" alt="{}" width="{}" height="{}" loading="lazy">',
            *(picture.get_absolute_url(), picture.alternative),
            *(max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        )

    @admin.display(description="to paste")
    def for_texts(self, picture):
        return format_html(
            '<input class="picture-markdown" readonly aria-label="Markdown of {}" value="{}">',
            picture,
            picture.markdown,
        )

    @admin.display(description="use")
    def uses(self, picture):
        return f"{picture.use_count} text{pluralize(picture.use_count)}" if picture.use_count else "unused"

    @admin.display(description="pixels")
    def pixels(self, picture):
        return f"{picture.width} × {picture.height}"

    @admin.display(description="size", ordering="size")
    def bytes(self, picture):
        return filesizeformat(picture.size)

    def uses_of(self, rows, most=MOST):
        return uses_of(rows, most)

    def delete_queryset(self, request, queryset):
        for picture in queryset:
            picture.delete()  # With its files.

    # Pages

    def get_urls(self):
        send = self.admin_site.admin_view(self.send_view)
        return [path("add/", send, name="pictures_picture_add"), *super().get_urls()]

    def get_changelist(self, request, **kwargs):
        return PictureList

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            context["uses"] = hide_closed(self.admin_site, request, self.uses_of([obj]))
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator(csrf_exempt)
    def send_view(self, request: HttpRequest) -> HttpResponse:
        """Refuse what is too large by its length, before any of it is read. So the token is checked after that."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        length = request.META.get("CONTENT_LENGTH", "")
        size = int(length) if length.isdecimal() else 0
        if request.method == "POST" and size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            limit = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            return self._refuse(request, f"This is {filesizeformat(size)}, more than {limit}. Send fewer at once.", 413)
        try:
            return csrf_protect(self._send)(request)
        except TooManyFilesSent:
            most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
            return self._refuse(request, f"These are more than {most} files. Send fewer at once.", 400)

    def _send(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self._page(request)
        files = request.FILES.getlist("pictures")
        if not files:
            return self._refuse(request, "Choose a picture.", 400)
        taken, refused, status = [], [], 400
        for file in files:
            try:
                taken.append(self._take(request, file))
            except ValidationError as error:
                refused += error.messages
            except StorageError as error:
                why = f"{file.name}: It could not be stored ({error.strerror}). Tell the operator of this site."
                refused.append(why)
                status = 503
        if _wants_json(request) and not refused:
            markdown = [picture.markdown for picture, _ in taken]
            return JsonResponse({"markdown": markdown, "notes": [note for _, note in taken]})
        if not _wants_json(request):
            for picture, note in taken:
                messages.success(request, f"{picture} is here. {note}".strip())
        if refused:
            return self._refuse(request, " ".join(refused), status)
        if len(taken) == 1:
            return redirect("admin:pictures_picture_change", taken[0][0].pk)
        return redirect("admin:pictures_picture_changelist")

    def _take(self, request: HttpRequest, file: UploadedFile) -> tuple[Picture, str]:
        """Return the picture, and what was changed in it. Raises ValidationError that begins with the file's name."""
        try:
            if (file.size or 0) > settings.PICTURE_MAX_BYTES:
                raise ValidationError(too_large(file.size or 0), code="too_large")
            picture, notes = Picture.objects.take(file.read(), file.name or "", request.user)
        except ValidationError as error:
            raise ValidationError(f"{file.name}: {' '.join(error.messages)}", code=error.code) from error
        return picture, " ".join(notes)

    def _refuse(self, request: HttpRequest, sentence: str, status: int) -> HttpResponse:
        if _wants_json(request):
            return JsonResponse({"error": sentence}, status=status)
        return self._page(request, sentence, status)

    def _page(self, request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Add pictures",
            "opts": self.opts,
            "error": error,
            "types": TYPES,
            "limit": settings.PICTURE_MAX_BYTES,
        }
        return TemplateResponse(request, "admin/pictures/picture/send.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return not request.accepts("text/html")
