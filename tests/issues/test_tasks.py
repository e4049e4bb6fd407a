from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from desk.models import UnsavedForm
from desk.tasks import remove_old_unsaved_forms
from issues.models.cards import IssueCard
from issues.tasks import defer_publication, draw_card
from tests.make import make_editor, make_issue

pytestmark = pytest.mark.django_db


def test_card_is_drawn_when_an_issue_is_published():
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=1))
    draw_card(issue.pk)
    assert not IssueCard.objects.exists()
    with time_machine.travel(issue.publish_at):
        draw_card(issue.pk)
    assert IssueCard.objects.get().issue == issue


def test_card_and_downloads_are_made_at_the_time_of_publication():
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=1))
    defer_publication(issue)
    jobs = ProcrastinateJob.objects.values_list("task_name", "args", "scheduled_at")
    assert {(name, *args.values(), moment) for name, args, moment in jobs} == {
        ("issues.tasks.draw_card", issue.pk, issue.publish_at),
        ("issues.tasks.store_downloads", issue.publish_at),
    }


def test_drafts_are_kept_for_half_a_year():
    user = make_editor()
    for days in (179, 181):
        saved_at = timezone.now() - timedelta(days=days)
        UnsavedForm.objects.create(user=user, subject=f"issue {days}", fields={}, saved_at=saved_at)
    remove_old_unsaved_forms(0)
    assert UnsavedForm.objects.get().subject == "issue 179"
