"""No model and no field is forgotten in an archive."""

import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from archive.contents import FIELDS_LEFT_OUT, KEYS, LISTED, MODELS_LEFT_OUT, RECORDED
from archive.records import fields_of
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import OUR_APPS

# Django's set-up where the app of the move was deleted, and every part of the archive is imported.
WITHOUT_WORDPRESS = """
from django.conf import settings
from sreweekly import settings as ours
ours.INSTALLED_APPS = [name for name in ours.INSTALLED_APPS if name not in ("importing", "wordpress")]
settings.configure(**{name: getattr(ours, name) for name in dir(ours) if name.isupper()})
import django
django.setup()
from archive import export, load
assert [table.file for table in load.ALL_TABLES][-1] == "backlog.jsonl"
"""


def test_every_model_is_either_in_an_archive_or_left_out_with_a_reason():
    ours = {model._meta.label for app in OUR_APPS for model in apps.get_app_config(app).get_models()}
    written = {model._meta.label for model in [*RECORDED, *LISTED]} - {"taggit.Tag"}
    assert written & set(MODELS_LEFT_OUT) == set()
    assert written | set(MODELS_LEFT_OUT) == ours


def test_every_field_is_either_written_or_left_out_with_a_reason():
    for model in RECORDED:
        written = {f"{model._meta.label}.{name}" for name in fields_of(model)} - {"issues.Article.id"}
        ours = {f"{model._meta.label}.{field.name}" for field in model._meta.concrete_fields if not field.primary_key}
        assert written == ours - set(FIELDS_LEFT_OUT)
    labels = {f"{model._meta.label}.{field.name}" for model in RECORDED for field in model._meta.concrete_fields}
    assert set(FIELDS_LEFT_OUT) <= labels


def test_models_written_as_lists_have_no_other_fields():
    for model, names in LISTED.items():
        assert {field.name for field in model._meta.concrete_fields} == names
    found = {f"{model._meta.label}.{field.name}" for model in RECORDED for field in model._meta.many_to_many}
    assert found == {"issues.Article.authors", "issues.Article.tags"}


def test_value_that_stands_for_a_row_is_unique():
    for model, name in KEYS.items():
        unique = {tuple(constraint.fields) for constraint in model._meta.total_unique_constraints}
        by_expression = {constraint.name for constraint in model._meta.constraints}
        fields = {field.name: field for field in model._meta.concrete_fields}
        assert fields[name].unique or (name,) in unique or "sponsor_name_unique" in by_expression


@pytest.mark.parametrize("field", [models.FloatField(), models.ForeignKey("auth.User", models.CASCADE)])
def test_field_that_no_archive_can_hold_is_an_error(monkeypatch, field):
    field.set_attributes_from_name("new")
    field.model = Issue
    if field.is_relation:
        field.remote_field.model = apps.get_model("auth.User")
    monkeypatch.setattr(Article._meta, "concrete_fields", [field])
    with pytest.raises(NotImplementedError, match=r"issues\.Issue\.new"):
        fields_of(Article)


def test_archive_needs_no_app_of_the_move():
    subprocess.run([sys.executable, "-c", WITHOUT_WORDPRESS], cwd=settings.BASE_DIR, check=True, timeout=60)
