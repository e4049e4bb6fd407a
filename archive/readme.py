"""What a person finds who opens an archive in ten years."""

TEXT = """\
# An archive of a newsletter

Written by the newsletter's publishing system, and read by it again (`manage.py import_archive`); but everything is
plain text in UTF-8, which needs no program. **Private**: it holds drafts, sponsors' contacts and the editor's notes.

- `issues/`: a Markdown file for each issue. Between the lines `+++` is TOML: what is known of the issue. Below stand
  the intro, the sponsor's message, the articles, the outages and the corrections, in the order of print. What is known
  of each is in a comment above it, as TOML. `authors`, `publication` and `tags` are slugs, to be found in:
- `authors.jsonl`, `publications.jsonl`, `tags.jsonl`; and `sponsors.jsonl`: a JSON object on each line.
- `pages/`: what is no issue, as Markdown.
- `backlog.jsonl`: articles that are in no issue yet.
- `wordpress.jsonl`: posts as they were exported from WordPress, and what was made of each.
- `archive.json`: the format's version, how many there are of each, and what must never be given again.

All times are UTC. A value that is not there is empty. `line_ends = "CRLF"` says that a text's lines end as browsers
send them. `id` is part of an article's address: `#article-ID` on its issue's page.
"""
