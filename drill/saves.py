"""Save one issue many times at once, each time from a form that was opened before the others were saved."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from drill.editor import Editor, draft
from drill.newsletter import DrillError
from drill.site import Site

SAVES = 50


def run(site: Site) -> None:
    site.rehearse(f"{SAVES} saves of one issue at once", partial(_save_at_once, site))


def _save_at_once(site: Site) -> str:
    """Raise DrillError unless one is saved, and all others are shown the conflict, or had to wait too long (503)."""
    from issues.models.issues import Issue

    key, path = draft()
    editors = [Editor(site.proxy) for _ in range(SAVES)]
    form = editors[0].open(path)
    for editor in editors[1:]:
        editor.cookies = editors[0].cookies  # The same session, as in 50 tabs.
    start = Barrier(SAVES)

    def save(number: int) -> str:
        start.wait()
        return editors[number].save(path, form, intro=f"Intro {number}.")

    with ThreadPoolExecutor(SAVES) as threads:
        answers = list(threads.map(save, range(SAVES)))
    found = Counter(answers)
    if found["saved"] != 1 or found.keys() - {"saved", "conflict", "503"}:
        raise DrillError(f"The outcomes of {SAVES} saves of one issue at once: {dict(found)}.")
    issue = Issue.objects.get(pk=key)
    expected = f"Intro {answers.index('saved')}."
    if issue.intro != expected:
        raise DrillError(f"The issue holds “{issue.intro}”, but the save that succeeded held “{expected}”.")
    return f"1 was saved, {found['conflict']} were shown both versions, {found['503']} got 503"
