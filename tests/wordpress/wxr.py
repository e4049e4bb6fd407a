"""Minimal WordPress exports for tests. All words are invented."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

BLOG = "https://sreweekly.example"
FIRST = datetime(2016, 3, 14, 0, 40, 32, tzinfo=UTC)
# Optional, beside the project.
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "wordpress"

HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>SRE WEEKLY</title>
<link>{BLOG}</link>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>{BLOG}</wp:base_blog_url>
"""
TAIL = "</channel>\n</rss>\n"


def entry(title="A lamp in the cellar", url="https://lamps.example/1", description="<p>It shines.</p>") -> str:
    return (
        f'<div class="sreweekly-entry">\n<div class="sreweekly-title"><a href="{url}">{title}</a></div>\n'
        f'<div class="sreweekly-description">{description}</div>\n</div>\n'
    )


def item(post_id: int = 7, number: int | None = None, **fields) -> str:
    """Return a published post, which is an issue if it has a number. Each number is a week later."""
    moment = fields.pop("at", FIRST + timedelta(weeks=number or 0))
    slug = f"sre-weekly-issue-{number}" if number else f"post-{post_id}"
    values = {
        "title": f"SRE Weekly Issue #{number}" if number else f"Post {post_id}",
        "link": f"{BLOG}/{slug}/",
        "guid": f"{BLOG}/?p={post_id}",
        "html": entry(),
        "slug": slug,
        "status": "publish",
        "post_type": "post",
        "date": (moment - timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S"),
        "date_gmt": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "modified_gmt": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "pub_date": format_datetime(moment),
        "rest": "",
        **fields,
    }
    return """<item>
<title>{title}</title>
<link>{link}</link>
<pubDate>{pub_date}</pubDate>
<guid isPermaLink="false">{guid}</guid>
<content:encoded><![CDATA[{html}]]></content:encoded>
<excerpt:encoded><![CDATA[]]></excerpt:encoded>
<wp:post_id>{post_id}</wp:post_id>
<wp:post_date><![CDATA[{date}]]></wp:post_date>
<wp:post_date_gmt><![CDATA[{date_gmt}]]></wp:post_date_gmt>
<wp:post_modified_gmt><![CDATA[{modified_gmt}]]></wp:post_modified_gmt>
<wp:post_name><![CDATA[{slug}]]></wp:post_name>
<wp:status><![CDATA[{status}]]></wp:status>
<wp:post_type><![CDATA[{post_type}]]></wp:post_type>
{rest}
</item>
""".format(post_id=post_id, **values)


def write(path: Path, *items: str, head: str = HEAD, tail: str = TAIL) -> Path:
    file = path / "export.xml" if path.is_dir() else path
    file.write_text(head + "".join(items) + tail, encoding="utf-8")
    return file
