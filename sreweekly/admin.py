from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from desk.searching import FindsSpellings

# These pages would show the secrets of all authenticator apps, and addresses that nothing uses.
admin.site.unregister([Authenticator, EmailAddress])
# Django's own page begins with permissions one by one.
admin.site.unregister(User)
# The library's list has styles in its elements, which the content security policy refuses.
admin.site.unregister(ProcrastinateJob)

# Classes and words for the states of a job.
STATES = {
    "todo": ("accent", "waiting"),
    "doing": ("accent", "running"),
    "succeeded": ("go", "done"),
    "failed": ("stop", "failed"),
    "cancelled": ("", "cancelled"),
    "aborted": ("stop", "aborted"),
}


@admin.register(User)
class PersonAdmin(FindsSpellings, UserAdmin):
    list_display = ("username", "full_name", "state", "roles", "last_login")
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    filter_horizontal = ("user_permissions",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("At the desk", {"fields": (("is_active", "is_staff"), "groups")}),
        ("Beyond the roles", {"fields": ("is_superuser", "user_permissions"), "classes": ("collapse",)}),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ("last_login", "date_joined")

    class Media:
        css = {"all": ("desk/roles.css",)}

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user):
        return user.get_full_name()

    @admin.display(description="state")
    def state(self, user):
        """Return what the account opens."""
        if not user.is_active:
            name, words = "stop", "not active"
        elif not user.is_staff:
            name, words = "warn", "no desk"
        else:
            name, words = "go", "may do everything" if user.is_superuser else "at the desk"
        return format_html('<span class="state {}">{}</span>', name, words)

    @admin.display(description="roles")
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all())

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            groups = Group.objects.all()
            explained = format_html('<a href="{}">What each may do.</a> Several add up.', reverse("admin:roles"))
            widget = forms.CheckboxSelectMultiple
            return db_field.formfield(queryset=groups, widget=widget, label="Roles", help_text=explained, **kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    """The library's list of jobs. Its column “summary” is templates/procrastinate/admin/summary.html."""

    fields = None  # type: ignore[assignment]  # In favour of `fieldsets`.
    list_display = ["task", "state", "pretty_args", "summary", "pk"]
    list_filter = ["status", "task_name"]
    fieldsets = (
        (None, {"fields": (("task", "state"), "pretty_args")}),
        ("When", {"fields": (("scheduled_at", "attempts"),)}),
        (
            "In the queue",
            {"fields": (("queue_name", "priority"), ("lock", "queueing_lock"), "pk"), "classes": ("collapse",)},
        ),
    )

    @admin.display(description="job", ordering="task_name")
    def task(self, job):
        """Return the name of the task in words: “fetch page”."""
        return job.task_name.rpartition(".")[2].replace("_", " ")

    @admin.display(description="state", ordering="status")
    def state(self, job):
        name, words = STATES.get(job.status, ("", job.status))
        return format_html('<span class="state {}">{}</span>', name, words)

    @admin.display(description="summary")
    def summary(self, instance):
        """Return the last event in words. The library asks the database for it again for each job."""
        events = instance.procrastinateevent_set.all()  # Loaded by get_queryset(), the latest first.
        context = {"last_event": events[0], "job": instance, "now": timezone.now()} if events else None
        return render_to_string("procrastinate/admin/summary.html", context) if context else ""

    @admin.display(description="with")
    def pretty_args(self, instance):
        lines = [f"{name}: {value}" for name, value in instance.args.items() if name not in ("request_id", "timestamp")]
        return format_html("<pre>{}</pre>", "\n".join(lines)[:2000])
