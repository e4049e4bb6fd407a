"""Nothing that is added to a model is forgotten."""

import pytest
from django.apps import apps
from django.db import models

from archive.contents import FIELDS_LEFT_OUT, KEYS, LISTED, MODELS_LEFT_OUT, RECORDED
from archive.records import fields_of
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import OUR_APPS


def models_of_ours():
    return [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]


def test_every_model_is_in_an_archive_or_left_out_for_a_reason():
    known = {model._meta.label for model in [*RECORDED, *LISTED]} | set(MODELS_LEFT_OUT)
    assert {model._meta.label for model in models_of_ours()} - known == set()


def test_no_model_is_both_written_and_left_out():
    assert {model._meta.label for model in [*RECORDED, *LISTED]} & set(MODELS_LEFT_OUT) == set()


def test_no_model_or_field_that_is_gone_is_still_left_out():
    labels = {model._meta.label for model in apps.get_models()}
    fields = {f"{model._meta.label}.{field.name}" for model in RECORDED for field in model._meta.concrete_fields}
    assert set(MODELS_LEFT_OUT) - labels == set()
    assert set(FIELDS_LEFT_OUT) - fields == set()


@pytest.mark.parametrize("model", RECORDED, ids=str)
def test_every_field_can_be_written(model):
    names = {field.name for field in model._meta.concrete_fields if not field.primary_key}
    left_out = {name for name in names if f"{model._meta.label}.{name}" in FIELDS_LEFT_OUT}
    assert set(fields_of(model)) - {"id"} == names - left_out


@pytest.mark.parametrize("model", LISTED, ids=str)
def test_what_is_written_as_a_list_has_nothing_else_to_say(model):
    assert {field.name for field in model._meta.concrete_fields} == LISTED[model]


def test_many_to_many_relations_are_written_as_lists():
    found = {f"{model._meta.label}.{field.name}" for model in RECORDED for field in model._meta.many_to_many}
    assert found == {"issues.Article.authors", "issues.Article.tags"}


@pytest.mark.parametrize("model", KEYS, ids=str)
def test_what_stands_for_a_row_is_unique(model):
    field = model._meta.get_field(KEYS[model])
    unique = {tuple(constraint.fields) for constraint in model._meta.total_unique_constraints}
    by_letters = {c.name for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and c.expressions}
    assert field.unique or (field.name,) in unique or "sponsor_name_unique" in by_letters


@pytest.mark.parametrize("field", [models.FloatField(), models.ForeignKey("auth.User", models.CASCADE)])
def test_field_that_no_archive_can_hold_is_an_error(monkeypatch, field):
    field.set_attributes_from_name("new")
    field.model = Issue
    if field.is_relation:
        field.remote_field.model = apps.get_model("auth.User")
    monkeypatch.setattr(Article._meta, "concrete_fields", [field])
    with pytest.raises(NotImplementedError, match=r"An archive cannot hold issues\.Issue\.new\. See"):
        fields_of(Article)
