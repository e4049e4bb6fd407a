import json

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import format_html
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

# These pages would show the secrets of all authenticator apps, and addresses that nothing uses.
admin.site.unregister([Authenticator, EmailAddress])
# Django's own page begins with permissions one by one.
admin.site.unregister(User)
# The library's list has styles in its elements, which the content security policy refuses.
admin.site.unregister(ProcrastinateJob)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("username", "full_name", "roles", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    filter_horizontal = ("user_permissions",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("At the desk", {"fields": ("is_active", "is_staff", "groups")}),
        ("Beyond the roles", {"fields": ("is_superuser", "user_permissions"), "classes": ("collapse",)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    class Media:
        css = {"all": ("desk/roles.css",)}

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user):
        return user.get_full_name()

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

    @admin.display(description="arguments")
    def pretty_args(self, instance):
        return format_html("<pre>{}</pre>", json.dumps(instance.args)[:2000])
