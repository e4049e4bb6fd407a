"""Load files, with one transaction for each issue. An issue that occurs twice is loaded once.

Rows that were edited here after they were loaded are never changed, even by a newer file.
"""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from importing.files import is_export_of_wordpress, read_issues
from importing.given import GivenIssue
from importing.models import ImportedIssue
from importing.rows import CAUSE, load_issue
from issues.doubts import find_doubts
from issues.models.issues import Issue
from wordpress.contents import Contents, ExportedArticle, SponsorMessage
from wordpress.edits import is_rewritten
from wordpress.export import Problem
from wordpress.load import import_wordpress
from wordpress.names import Names
from wordpress.report import Report
from wordpress.rows import RefusedError, digest_of_loaded

Progress = Callable[[float], None]


def import_files(
    paths: list[Path],
    *,
    uploads: Path | None = None,
    dry_run: bool = False,
    reload: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import files of any known format. Exports of WordPress come first. See import_wordpress() and import_issues().

    `uploads` has the pictures of these exports.
    """
    exports = [path for path in paths if is_export_of_wordpress(path)]
    others = [path for path in paths if path not in exports]
    report = Report(dry_run=dry_run)
    if exports:
        report = import_wordpress(exports, uploads=uploads, dry_run=dry_run, reload=reload, progress=progress)
    if others:
        _join(report, import_issues(others, dry_run=dry_run, reload=reload, progress=progress))
    return report


def import_issues(
    paths: list[Path], *, dry_run: bool = False, reload: bool = False, progress: Progress | None = None
) -> Report:
    """Import issues from files, folders and zip archives. All are read before the first is loaded.

    The report names files that cannot be read at all; the others are loaded. `reload` loads unchanged issues again.
    """
    report = Report(dry_run=dry_run)
    given = list(read_issues(paths, report))
    with transaction.atomic() if dry_run else nullcontext():
        loader = _Loader(report, is_reload=reload)
        loader.learn(given)
        for place, issue in enumerate(given, 1):
            loader.load(issue)
            if progress:
                progress(place / len(given))
        loader.finish()
        if dry_run:
            transaction.set_rollback(True)
    return report


class _Loader:
    def __init__(self, report: Report, *, is_reload: bool):
        self.report = report
        self._is_reload = is_reload
        self._names = Names()
        self._kept = {row.number: row for row in ImportedIssue.objects.select_related("issue")}
        self._loaded: dict[int, GivenIssue] = {}  # By this run.

    def learn(self, given: list[GivenIssue]) -> None:
        """Take the names from all issues, so that a name does not depend on the order of the issues."""
        for issue in given:
            self._names.learn(_contents_of(issue))

    def load(self, given: GivenIssue) -> None:
        kept = self._kept.get(given.number)
        if first := self._loaded.get(given.number):
            where = first.file + (f", {first.place}" if first.place else "")
            if first.digest != given.digest:
                self._add_problem(given, f"it was not loaded: {where} has the same number, and was loaded.")
            else:
                self.report.counts["issues that are in two files"] += 1
        elif kept and not self._is_reload and kept.given_digest == given.digest:
            self.report.counts["issues unchanged"] += 1
        elif kept and (why := self._why_left_alone(kept)):
            self.report.left_alone.append((str(given), why))
        else:
            self._load(given, kept)

    def finish(self) -> None:
        if not self._loaded:
            return
        self.report.counts["publications recognised by their hosts"] = self._names.keep_hosts()
        self.report.add_doubts(find_doubts())

    def _load(self, given: GivenIssue, kept: ImportedIssue | None) -> None:
        notice_count, counts = len(self.report.notices), self.report.counts.copy()
        what = _what_is_done(given, kept)
        try:
            with transaction.atomic():
                load_issue(given, kept, self._names, self.report)
        except (RefusedError, ValidationError, DatabaseError) as error:
            del self.report.notices[notice_count:]
            self.report.counts = counts
            text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            self._add_problem(given, f"it was not loaded: {' '.join(text.split()).rstrip('.')}.")
            self._names.refresh()
            return
        self.report.counts[f"issues {what}"] += 1
        self._loaded[given.number] = given

    def _why_left_alone(self, kept: ImportedIssue) -> str:
        row = Issue.objects.with_contents().filter(imported=kept).first()
        if row is None:
            return "it was deleted here after it was loaded."
        is_edited = digest_of_loaded(row) != kept.loaded_digest and is_rewritten(row, CAUSE)
        return "it was edited here after it was loaded." if is_edited else ""

    def _add_problem(self, given: GivenIssue, text: str) -> None:
        place = f"{given.place}: {given}" if given.place else str(given)
        self.report.problems.append(Problem(given.file, 0, place, text))


def _what_is_done(given: GivenIssue, kept: ImportedIssue | None) -> str:
    if kept is None:
        return "added"
    return "loaded again" if kept.given_digest == given.digest else "changed"


def _contents_of(given: GivenIssue) -> Contents:
    """Return the issue as what reads names expects it: credits as lines “A, B — Publication”."""
    contents = Contents()
    for entry in given.entries:
        byline = " — ".join(filter(None, [", ".join(entry.authors), entry.publication]))
        lines = entry.credit_lines or [byline] * bool(byline)
        contents.articles.append(ExportedArticle(entry.section, url=entry.url, credit_lines=lines))
    for message in given.sponsors[:1]:
        contents.sponsor = SponsorMessage(message.name, message.text, message.url)
    return contents


def _join(report: Report, other: Report) -> None:
    """Add what is in the other report to the first."""
    report.counts.update(other.counts)
    for why, names in other.left_out.items():
        report.left_out[why] += names
    report.left_alone += other.left_alone
    report.problems += other.problems
    report.notices += other.notices
    # The later one looked at the whole archive, unless it loaded nothing.
    if other.similar or other.doubts:
        report.similar, report.doubts = other.similar, other.doubts
    report.failed_files += other.failed_files
