"""Exports: the import reads them back without loss, and no spreadsheet runs them."""

import csv
import os
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving.cells import escape, unescape
from mailings.moving.export import lines_of
from tests.mailings.moving.test_formats import load
from tests.make import make_subscriber, make_suppression

pytestmark = pytest.mark.django_db
THEN = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


def exported():
    return "".join(lines_of(Subscriber.objects.all(), Suppression.objects.all()))


def rows(model):
    found = ({key: value for key, value in row.items() if key != "id"} for row in model.objects.values())
    return sorted(found, key=str)


def make_all():
    """Make somebody in each state, with whatever may stand in a cell."""
    make_subscriber("Ada+tag@Bücher.example", source="form: /subscribe/", consent="“Yes”, she said;\tor\n“oui”")
    make_subscriber("=cmd@example.com", source="=1+1", consent="'=HYPERLINK()", confirmed_at=THEN)
    make_subscriber("'+o@example.com", consent="-1", confirmed_at=THEN, created_at=THEN)
    make_subscriber("-a@example.com", confirmed_at=None, consent="@x")
    make_subscriber("paused@example.com", paused_until=timezone.now() + timedelta(days=20))
    for what in ("left", "bounced", "complained"):
        make_subscriber(f"{what}@example.com", **{f"{what}_at": THEN}, confirmed_at=THEN - timedelta(days=1))
    Subscriber.objects.filter(bounced_at=THEN).update(bounce="550 5.1.1 <bounced@example.com>: no such user")
    make_suppression("gone@example.com", reason="left", created_at=THEN)
    make_suppression("forgotten@example.com", reason="forgotten")
    make_suppression(make_subscriber("both@example.com").address, reason="by_hand")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_export_is_read_back_without_loss(encoding):
    make_all()
    before, text = (rows(Subscriber), rows(Suppression)), exported()
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    report = load(text.encode(encoding))
    assert report.failures == []
    assert (rows(Subscriber), rows(Suppression)) == before


def test_export_that_is_imported_where_it_came_from_changes_nothing():
    make_all()
    before = rows(Subscriber), rows(Suppression)
    load(exported())
    assert (rows(Subscriber), rows(Suppression)) == before


@pytest.mark.parametrize("old", ["form: /subscribe/", "She said", "active"])
@pytest.mark.parametrize("new", ["\0", "x" * 5000, "<b>\u202e", "\ud7ff", "=1"])
def test_export_that_somebody_changed_by_hand_is_no_error(old, new):
    make_subscriber("ada@example.com", source="form: /subscribe/", consent="She said")
    text = exported().replace(old, old + new)
    Subscriber.objects.all().delete()
    assert load(text).counts == {"new": 1}


def test_token_of_another_is_not_taken_over():
    ada = make_subscriber("ada@example.com")
    text = exported()
    ada.set_address("new@example.com")
    ada.save()
    assert load(text).counts == {"new": 1}
    assert Subscriber.objects.count() == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'=", "''@"])
def test_no_cell_is_a_formula(start):
    cell = escape(f"{start}1+1")
    assert cell[0] == "'"
    assert unescape(cell) == f"{start}1+1"


@pytest.mark.parametrize("text", ["", "'", "o'neil", "'quoted'", "a=b", "''"])
def test_other_cells_stay_as_they_are(text):
    assert escape(text) == text == unescape(text)


@pytest.mark.parametrize(("count", "queries"), [(1, 4), (3, 4)])
def test_export_takes_a_query_for_a_thousand_rows(django_assert_num_queries, count, queries):
    for _ in range(count):
        make_subscriber()
        make_suppression()
    with django_assert_num_queries(queries):
        assert len(exported().splitlines()) == 1 + 2 * count


# The commands


def test_command_writes_to_standard_output(caplog):
    make_subscriber("ada@example.com")
    output = StringIO()
    with caplog.at_level("INFO"):
        call_command("export_subscribers", stdout=output)
    assert [row["address"] for row in csv.DictReader(StringIO(output.getvalue()))] == ["ada@example.com"]
    assert "wrote 1 subscribers: all" in caplog.text


def test_command_writes_a_file_for_its_owner_and_overwrites_none(tmp_path):
    make_subscriber("ada@example.com")
    make_subscriber("bob@example.com", left_at=THEN)
    path = tmp_path / "list.csv"
    call_command("export_subscribers", path, "--state", "left", stderr=StringIO())
    assert path.stat().st_mode & 0o777 == 0o600
    assert "bob@" in path.read_text()
    assert "ada@" not in path.read_text()
    with pytest.raises(CommandError):
        call_command("export_subscribers", path)


def run(path, *options):
    output = StringIO()
    call_command("import_subscribers", path, *options, stdout=output, stderr=StringIO())
    return output.getvalue()


def test_command_rehearses_and_imports(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("ada@example.com\nnobody\n")
    assert "line 2" in run(path, "--dry-run", "--consent", "They asked.")
    assert not Subscriber.objects.exists()
    run(path, "--consent", "They asked.", "--report", tmp_path / "report.csv")
    assert Subscriber.objects.get().source == "import: a plain list, list.txt"
    with (tmp_path / "report.csv").open() as file:
        assert [(row["line"], row["outcome"]) for row in csv.DictReader(file)] == [("1", "new"), ("2", "invalid")]


@pytest.mark.parametrize(
    "options", [[], ["--encoding", "klingon"], ["--source", "ghost", "--consent", "Yes."], ["--report", "/nowhere/x"]]
)
def test_command_says_what_it_cannot_do(tmp_path, options):
    path = tmp_path / "list.csv"
    path.write_text("mail\nada@example.com\n")
    with pytest.raises(CommandError):
        run(path, *options)
    assert not Subscriber.objects.exists()


def test_file_may_have_any_name(tmp_path):
    path = tmp_path / os.fsdecode(b"l\xffst.csv")
    path.write_text("ada@example.com\n")
    run(path, "--consent", "They\nasked.")
    assert Subscriber.objects.get().consent == "They asked."


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_command_says_that_there_is_no_file(tmp_path, name):
    with pytest.raises(CommandError):
        run(tmp_path / name)


def test_source_may_be_named(tmp_path):
    path = tmp_path / "unsubscribed.txt"
    path.write_text("ada@example.com\n")
    run(path, "--source", "plain", "--consent", "They asked.")
    assert Subscriber.objects.active().exists()
