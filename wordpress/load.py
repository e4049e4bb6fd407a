"""Load exports, with one transaction for each post. A post that occurs twice is loaded once.

Rows that were edited here after they were loaded are never changed, even by a newer export.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from issues.doubts import find_doubts
from issues.models.issues import Issue
from wordpress import rows
from wordpress.edits import differences, is_edited
from wordpress.export import Export
from wordpress.extract import extract_issue
from wordpress.lines import ExportError
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.pictures import Pictures
from wordpress.posts import Kind, Post
from wordpress.report import NEWER, Report
from wordpress.uploads import Uploads

Progress = Callable[[float], None]


def import_wordpress(
    paths: list[Path],
    *,
    uploads: Path | None = None,
    dry_run: bool = False,
    reload: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Read every file twice, first for names and numbers, then to load. Calls `progress` with a share from 0 to 1.

    The report names files that cannot be read at all; the others are loaded. `reload` loads unchanged posts again,
    for a version of this program that reads posts better. Raises UploadsError if `uploads` cannot be read.
    """
    report = Report(dry_run=dry_run)
    with Uploads(uploads, is_rehearsal=dry_run) as found, transaction.atomic() if dry_run else nullcontext():
        loader = _Loader(report, found, is_reload=reload)
        loader.learn(_read(paths, Report(), progress, 0))
        for post in _read(paths, report, progress, 0.3):
            loader.load(post)
        loader.finish()
        if dry_run:
            transaction.set_rollback(True)
    return report


def _read(paths: list[Path], report: Report, progress: Progress | None, start: float) -> Iterator[Post]:
    """Yield all posts. The progress of the first reading runs from 0 to 0.3, of the second from 0.3 to 1."""
    share = 0.7 if start else 0.3
    for index, path in enumerate(paths):
        export = Export(path)

        def report_progress(part: float, index: int = index) -> None:
            if progress:
                progress(start + share * (index + part) / len(paths))

        try:
            yield from export.posts(report_progress)
        except ExportError as error:
            report.failed_files.append(str(error))
        report.problems += export.problems


class _Loader:
    def __init__(self, report: Report, uploads: Uploads, *, is_reload: bool = False):
        self.report = report
        self._uploads = uploads
        self._is_reload = is_reload
        self._names = Names()
        # Without the HTML, which is most of each row.
        self._kept = {row.post_id: row for row in WordPressPost.objects.defer("html")}
        self._loaded: dict[int, str] = {}  # Digests of the posts that this run loaded.
        self._claims: dict[int, tuple[bool, bool, int]] = {}
        self._twins: list[tuple[int, list[str], int]] = []  # Posts with the number of another issue: id, paths, number.
        self._public_slugs: set[str] = set()  # In WordPress a draft may share the address of a published post.

    def learn(self, posts: Iterator[Post]) -> None:
        first: dict[int, str] = {}  # Of two posts with one id, only the first is loaded.
        for post in posts:
            if first.setdefault(post.post_id, post.digest) != post.digest:
                continue
            if post.kind and not post.is_draft:
                self._public_slugs.add(post.path)
            if post.kind == "issue":
                self._claims[post.number] = min(post.claim, self._claims.get(post.number, post.claim))
                if self._is_new(post):
                    self._names.learn(extract_issue(post.html, post.base_url, post.link, is_sketch=True))

    def load(self, post: Post) -> None:
        self._note_left_out(post)
        if post.kind is None:
            self._leave_out(post)
        elif not self._is_new(post):
            self.report.counts["posts unchanged"] += 1
        elif post.post_id in self._loaded:
            self.report.add_problem(
                post, "it was not loaded: a post with the same number but other contents was loaded before."
            )
        elif post.kind == "issue" and self._claims[post.number][-1] != post.post_id:
            self._load_twin(post, f"post {self._claims[post.number][-1]}")
        else:
            self._load(post, post.kind)

    def _leave_out(self, post: Post) -> None:
        kept = self._kept.get(post.post_id)
        row = (kept.issue or kept.page) if kept and kept.guid == post.guid else None
        if row is None:
            self.report.left_out[post.reason_left_out].append(str(post))
            return
        state = row.state if isinstance(row, Issue) else "published" if row.is_published else "draft"
        there = "in the trash" if post.status == "trash" else post.reason_left_out
        self.report.left_alone.append((str(post), f"{state} here, {there} in WordPress. Decide here what readers see."))

    def finish(self) -> None:
        if not self._loaded:
            return
        for twin in self._twins:  # All issues are loaded by now.
            rows.answer_for_twin(*twin)
        self.report.counts["publications recognised by their hosts"] = self._names.keep_hosts()
        self.report.add_doubts(find_doubts())

    def _is_new(self, post: Post) -> bool:
        """Return whether neither this run nor an earlier one has loaded the post as it is."""
        is_read_again = self._is_reload or self._uploads.concern(post)
        kept = None if is_read_again else self._kept.get(post.post_id)
        return post.digest not in (kept and kept.export_digest, self._loaded.get(post.post_id))

    def _note_left_out(self, post: Post) -> None:
        if post.comments:
            self.report.left_out["comment"] += [f"{post.comments} of {post}"]
        for term in post.terms:
            self.report.left_out[term.partition(" “")[0]].append(f"{term} of {post}")

    def _load(self, post: Post, kind: Kind) -> None:
        if self._is_left_alone(post, kind):
            return
        kept = self._kept.get(post.post_id)
        with self._loading(post, kind) as pictures:
            if kind == "issue":
                rows.load_issue(post, kept, self._names, self.report, pictures)
            else:
                taken = self._public_slugs if post.is_draft else set()
                rows.load_page(post, kept, self.report, pictures, taken)

    def _load_twin(self, post: Post, other: str) -> None:
        """Keep a post with the number of another issue as a draft page."""
        if self._is_left_alone(post, "page"):
            return
        with self._loading(post, "page") as pictures:
            rows.load_twin(post, self._kept.get(post.post_id), self.report, pictures)
            sentence = f"{other} has #{post.number}, too, and is the issue; this one is a draft page"
            if not post.is_draft:
                sentence += ", and its addresses lead to the issue"
                self._twins.append((post.post_id, [post.link, post.path, *post.former_slugs], post.number))
            self.report.add_notice(post, "number", sentence)

    def _is_left_alone(self, post: Post, kind: Kind) -> bool:
        kept = self._kept.get(post.post_id)
        why = self._why_left_alone(kept, post, kind) if kept else ""
        if why:
            self.report.left_alone.append((str(post), why))
        return bool(why)

    @contextmanager
    def _loading(self, post: Post, kind: Kind) -> Iterator[Pictures]:
        """Count what the block does, in a transaction of its own, and give it the pictures of the post.

        Reports why the post is refused if it is.
        """
        kept = self._kept.get(post.post_id)
        exported_before = kept.export_digest if kept else None
        notice_count, counts = len(self.report.notices), self.report.counts.copy()

        def take_back() -> None:
            del self.report.notices[notice_count:]
            self.report.counts = counts
            self._names.refresh()
            self._uploads.forget_latest()

        try:
            with transaction.atomic():
                yield self._uploads.bring_in(post, self.report)
        except rows.NumberTakenError:
            take_back()
            self._load_twin(post, "an issue that was not made from this post")
            return
        except (rows.RefusedError, ValidationError, DatabaseError) as error:
            take_back()
            self.report.add_problem(post, f"it was not loaded: {_sentence(error)}")
            return
        self.report.counts[f"{kind}s {_what_was_done(post, exported_before)}"] += 1
        self._loaded[post.post_id] = post.digest

    def _why_left_alone(self, kept: WordPressPost, post: Post, kind: Kind) -> str:
        if kept.guid and post.guid and kept.guid != post.guid:
            return f"a different post with this number was loaded before: {kept.guid}."
        if kept.modified_at and post.modified_gmt and post.modified_gmt < kept.modified_at:
            return "a newer export of it was loaded before."
        row = Issue.objects.with_contents().filter(wordpress_post=kept).first() or kept.page
        if row is None:
            return "it was deleted here after it was loaded."
        if kept.issue_id and kind == "page":
            return f"it was loaded as {row}, but now it would be a page."
        is_as_left = rows.digest_of_loaded(row) == kept.loaded_digest
        is_changed = is_edited(row, post, kept, is_as_left=is_as_left) if isinstance(row, Issue) else not is_as_left
        if not is_changed:
            return ""
        for difference in differences(post, kept, row):
            self.report.add_notice(post, NEWER, str(difference))
        return "it was edited here after it was loaded."


def _what_was_done(post: Post, exported_before: str | None) -> str:
    if exported_before is None:
        return "added"
    return "loaded again" if exported_before == post.digest else "changed"


def _sentence(error: Exception) -> str:
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(text.split()).rstrip(".") + "."
