import re
import time

import pytest

from tests.wordpress.wxr import BLOG, entry
from text.markdown import find_links
from wordpress.display import display
from wordpress.extract import extract_issue, extract_page

SPONSOR = '<div class="sreweekly-sponsor-message">{}</div>'


def extract(html):
    return extract_issue(html, BLOG, f"{BLOG}/sre-weekly-issue-9/")


def article(html):
    (found,) = extract(html).articles
    return found


def test_article_with_paragraphs():
    description = (
        "<p>One <em>two</em>.</p><blockquote><p>Three</p></blockquote><p><small>&nbsp; Ada Moss — Fern</small></p>"
    )
    found = article(entry(description=description))
    assert (found.section, found.title, found.url) == ("articles", "A lamp in the cellar", "https://lamps.example/1")
    assert found.blurb == "One *two*.\n\n> Three"
    assert (found.credit_lines, found.disclosure) == (["Ada Moss — Fern"], "")


def test_article_without_paragraphs():
    # #13 to #30: text directly in the div, which WordPress paragraphs on display.
    assert article(entry(description="Just text.")).blurb == "Just text."
    assert article(entry(description="One.\n\nTwo\nlines.")).blurb == "One.\n\nTwo\\\nlines."
    assert article(entry(description="One.\n<ul>\n<li>a</li>\n</ul>\nTwo.")).blurb == "One.\n\n- a\n\nTwo."


def test_article_of_blocks():
    html = (
        '<!-- wp:html -->\n<div class="sreweekly-entry"><div class="sreweekly-title"><a href="https://a.example/">T</a>'
        '</div><div class="sreweekly-description"><!-- wp:paragraph -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->'
        "</div></div>\n<!-- /wp:html -->"
    )
    assert article(html).blurb == "One two"


def test_article_in_block_groups():
    html = '<!-- wp:group --><div class="wp-block-group"><div class="inner">' + entry() + "</div></div>"
    assert article(html).title == "A lamp in the cellar"


def test_disclosure_below_the_byline():
    small = "<p>It.</p><p><small>Ada Moss<br>Full disclosure: Fern is my employer.<br>Still.</small></p>"
    found = article(entry(description=small))
    assert found.credit_lines == ["Ada Moss"]
    assert found.disclosure == "Full disclosure: Fern is my employer. Still."
    assert found.blurb == "It."


def test_small_print_on_two_lines_of_classic_text():
    found = article(entry(description="It.\n\n<small>Ada Moss\nFull disclosure: Fern is my employer.</small>"))
    assert (found.credit_lines, found.disclosure) == (["Ada Moss"], "Full disclosure: Fern is my employer.")


@pytest.mark.parametrize("thanks", ["Thanks to Dee Roe.", "Hat tip: Dee Roe", "With thanks to <em>Dee</em>!"])
def test_thanks_below_the_small_print_belong_to_it(thanks):
    found = article(entry(description=f"<p>It.</p><p><small>Ada Moss — Fern</small></p><p>{thanks}</p>"))
    assert (found.blurb, len(found.credit_lines)) == ("It.", 2)


@pytest.mark.parametrize("thanks", [" (h/t Dee Roe)", "<br><em>Thanks to Dee!</em>", "<div>Kudos to Dee</div>"])
def test_thanks_beside_the_small_print_belong_to_it(thanks):
    found = article(entry(description=f"<p>It.</p><p><small>Ada Moss — Fern</small>{thanks}</p>"))
    assert (found.blurb, len(found.credit_lines)) == ("It.", 2)


@pytest.mark.parametrize("html", ["<p>It.</p><p>Thanks to Dee Roe.</p>", "<p>a <small>b</small></p><p>Thanks!</p>"])
def test_thanks_without_small_print_above_stay_in_the_blurb(html):
    found = article(entry(description=html))
    assert ("Thanks" in found.blurb, found.credit_lines) == (True, [])


def test_small_print_amid_the_blurb_stays_there():
    found = article(entry(description="<p><small>Psst.</small> It is <small>tiny</small>!</p>"))
    assert (found.blurb, found.credit_lines) == ("Psst. It is tiny!", [])


def test_credit_with_a_link_stays_in_the_blurb_and_is_noted():
    contents = extract(
        entry(description='<p>It.</p><small>By <a href="https://a.example/">Ada</a><br>Ben Reed</small>')
    )
    assert contents.articles[0].blurb == "It.\n\nBy [Ada](https://a.example/)"
    assert contents.articles[0].credit_lines == ["Ben Reed"]
    ((kind, text),) = contents.notes
    assert (kind, "By Ada" in text) == ("credit", True)


def test_author_in_a_last_paragraph():
    found = article(entry(description="<p>It.</p><p>Ada Moss — Fern</p>"))
    assert (found.blurb, found.credit_lines) == ("It.", ["Ada Moss — Fern"])


def test_last_paragraph_that_may_not_be_a_credit_stays():
    for last in ("Ada Moss", "Read it — now", "Ada Moss — Fern (two)", "<em>Ada</em> — Fern"):
        assert article(entry(description=f"<p>It.</p><p>{last}</p>")).credit_lines == []


def test_mail_only_line_and_heading_are_counted():
    html = f'<div class="email_only"><a href="{BLOG}">View</a></div><h2>Articles</h2>{entry()}'
    contents = extract(html)
    assert (contents.mail_only, contents.headings, contents.intro) == (1, 1, "")


def test_title_outside_of_an_entry_is_no_article():
    contents = extract('<div class="sreweekly-title"><a href="https://a.example/">View</a></div>' + entry())
    assert len(contents.articles) == 1
    assert contents.intro == "[View](https://a.example/)"


@pytest.mark.parametrize("tag", ["div", "em", "blockquote", "a href='https://o.example/'"])
def test_deep_nesting_takes_linear_time_and_keeps_words_and_links(tag):
    html = "".join(f"<{tag}>word{i} " for i in range(2_000)) + '<a href="https://lamps.example/end">end</a>'
    started = time.process_time()
    contents = extract_page(html, BLOG, f"{BLOG}/deep/")
    assert time.process_time() - started < 10
    assert "word1999" in contents.intro
    assert find_links(contents.intro)[-1] == "https://lamps.example/end"
    assert {kind for kind, _ in contents.notes} <= {"formatting"}


def test_entry_in_many_elements_that_group_nothing_is_read():
    contents = extract("<div>" * 2_000 + entry() + "</div>" * 2_000)
    assert [found.title for found in contents.articles] == ["A lamp in the cellar"]
    assert contents.notes == []


def test_empty_entry_is_an_empty_article():
    found = article(entry(title="", url="", description=""))
    assert (found.title, found.url, found.blurb) == ("", "", "")


def test_title_with_two_links_keeps_both():
    html = entry().replace("</a></div>", '</a> (<a href="https://b.example/">PDF</a>)</div>')
    found = article(html)
    assert (found.title, found.url) == ("A lamp in the cellar", "https://lamps.example/1")
    assert found.blurb == "([PDF](https://b.example/))\n\nIt shines."


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://lamps.example/What Lamps Need/1", "https://lamps.example/What%20Lamps%20Need/1"),
        (" https://lamps.example/1\n", "https://lamps.example/1"),
        ("https://lamps.example/one\n\t/two", "https://lamps.example/one/two"),
        ("https://lamps.example/a\u00a0b?c=d e#f g", "https://lamps.example/a%C2%A0b?c=d%20e#f%20g"),
        ("\u00a0https://lamps.example/1\u3000", "https://lamps.example/1"),
        ("HTTPS://lamps.example/1", "https://lamps.example/1"),
        ("/a b", f"{BLOG}/a%20b"),
    ],
)
def test_space_in_an_address_is_read_as_browsers_do(address, url):
    contents = extract(entry(url=address, description=f'<p>x <a href="{address}">y</a></p>'))
    (found,) = contents.articles
    assert (found.url, found.blurb, contents.notes) == (url, f"x [y]({url})", [])


def test_page_is_compared_with_the_export_as_it_is(monkeypatch):
    monkeypatch.setattr("wordpress.display._clean_address", lambda address, *_: address.replace(" ", ""))
    contents = extract(entry(url="https://lamps.example/a b"))
    assert contents.notes == [("link lost", "https://lamps.example/a%20b")]


def test_title_is_one_line():
    assert article(entry(title=" A lamp\n in <em>the</em> cellar ")).title == "A lamp in the cellar"


def test_nested_entries_are_separated():
    one = entry("One", "https://a.example/1").replace("</div>\n</div>\n", "")  # Both end tags forgotten.
    outages = '<ul class="sreweekly-outages"><li><a href="https://o.example/">Owl</a></li></ul>'
    found = extract(one + entry("Two", "https://a.example/2") + outages).articles
    assert [(part.section, part.title) for part in found] == [
        ("articles", "One"),
        ("articles", "Two"),
        ("outages", "Owl"),
    ]
    assert found[0].blurb == "It shines."


def test_words_in_no_known_place_go_to_the_intro():
    contents = extract(f"<p>Before.</p>{entry()}<p>After.</p>")
    assert contents.intro == "Before.\n\nAfter."


def test_rule_between_two_entries_is_in_no_blurb():
    assert [article.blurb for article in extract(f"{entry()}<hr>{entry()}").articles] == ["It shines."] * 2


def message(name, words):
    return SPONSOR.format(f"<p>A message from our sponsor, {name}:</p><p>{words}</p>")


ONE, TWO = entry("One", "https://a.example/1"), entry("Two", "https://a.example/2")


@pytest.mark.parametrize(
    ("between", "blurb"),
    [
        ("<h2>Conferences</h2>", "# Conferences\n\nIt shines."),
        ("<h3>Jobs</h3><p>A word first.</p>", "## Jobs\n\nA word first.\n\nIt shines."),
        ("\n<p>And now:</p>\n", "And now:\n\nIt shines."),
        ("Plain text", "Plain text\n\nIt shines."),
        ("<h2>Articles</h2>", "It shines."),
        (message("Fern", "We grow.") + "<h2>More</h2>", "# More\n\nIt shines."),
    ],
)
def test_words_between_entries_stay_with_the_next(between, blurb):
    contents = extract(f"<p>Before.</p>{ONE}{between}{TWO}")
    assert [found.blurb for found in contents.articles] == ["It shines.", blurb]
    assert contents.intro == "Before."


def test_words_around_the_outages_stay_in_order():
    outages = '<h2>Outages</h2><ul class="sreweekly-outages"><li>Owl</li></ul>'
    contents = extract(f"{ONE}<p>Few outages.</p>{outages}<h2>Talks</h2>{TWO}<h3>Errata</h3><p>After.</p>")
    assert [found.blurb for found in contents.articles] == ["It shines.", "# Talks\n\nIt shines.", ""]
    assert contents.intro == "Few outages.\n\n## Errata\n\nAfter."


@pytest.mark.parametrize(
    ("title", "url", "notes"),
    [
        ("L" * 501, "https://a.example/", ["title"]),
        ("Lamp", f"https://a.example/{'a' * 2000}", ["address"]),
        ("L" * 501, f"https://a.example/{'a' * 2000}", ["title", "address"]),
        ("L" * 500, "https://a.example/", []),
    ],
)
def test_title_or_address_that_is_too_long_is_kept_in_the_blurb_and_noted(title, url, notes):
    outage = f'<ul class="sreweekly-outages"><li><a href="{url}">{title}</a><ul><li>It shines.</li></ul></li></ul>'
    for html, end in ((entry(title, url), "It shines."), (outage, "- It shines.")):
        contents = extract(html)
        (found,) = contents.articles
        assert [("its title" in text, "its address" in text) for _, text in contents.notes] == [
            (what == "title", what == "address") for what in notes
        ]
        assert (found.title, found.url) == (("", "") if notes else (title, url))
        assert found.blurb == (f"[{title}]({url})\n\n{end}" if notes else "It shines.")


def test_post_without_entries_is_all_intro_and_noted():
    contents = extract("Nothing here.\n\nReally.")
    assert contents.intro == "Nothing here.\n\nReally."
    assert contents.notes[0][0] == "no articles"


def test_sponsor_with_its_address_on_a_line_of_its_own():
    html = SPONSOR.format(
        "<p>A message from our sponsor, Fern Works:</p><p>We grow.</p>"
        '<p><a href="https://fern.example/?a=1&amp;via=x">https://fern.example/?a=1&amp;via=x</a></p>'
    )
    sponsor = extract(html + entry()).sponsor
    assert (sponsor.name, sponsor.message, sponsor.url) == ("Fern Works", "We grow.", "https://fern.example/?a=1&via=x")


def test_sponsor_with_another_link_keeps_it_in_the_message():
    html = SPONSOR.format("A message from our sponsor, Fern:\n\nWe grow: <a href='https://fern.example/'>look</a>")
    sponsor = extract(html + entry()).sponsor
    assert (sponsor.name, sponsor.message) == ("Fern", "We grow: [look](https://fern.example/)")
    assert sponsor.url == "https://fern.example/"


def test_sponsor_without_heading_has_no_name():
    sponsor = extract(SPONSOR.format("<p>We grow: <a href='https://fern.example/'>look</a></p>") + entry()).sponsor
    assert (sponsor.name, sponsor.message) == ("", "We grow: [look](https://fern.example/)")


def test_second_part_of_a_message_is_added_and_noted():
    contents = extract(message("Fern", "One.") + "\n" + SPONSOR.format("<p>Two.</p>") + entry())
    assert contents.sponsor.message == "One.\n\nTwo."
    ((kind, text),) = contents.notes
    assert (kind, "Two." in text) == ("sponsor", True)


def test_message_in_the_element_of_another_is_another():
    both = "<p>A message from our sponsor, {}:</p><p>{}</p>"
    html = SPONSOR.format(both.format("Fern", "One.") + both.format("Owl", "Two."))
    contents = extract(html + entry())
    assert contents.sponsor.message == "One."
    assert contents.intro == "A message from our sponsor, Owl:\n\nTwo."
    assert [kind for kind, _ in contents.notes] == ["sponsor"]


def test_part_without_heading_that_leads_elsewhere_is_another_message():
    part = "<p>{}. <a href='https://{}.example/'>Look</a></p>"
    html = SPONSOR.format(part.format("One", "fern")) + SPONSOR.format(part.format("Two", "owl"))
    contents = extract(html + entry())
    assert contents.sponsor.url == "https://fern.example/"
    assert "Two." in contents.intro


@pytest.mark.parametrize(
    "others",
    [
        [message("Bolt Inc.", "Two.")],
        [message("Bolt Inc.", "Two."), message("Owl", "Three.")],
        [entry() + SPONSOR.format("<p>Two.</p>")],
        [entry() + message("Fern", "Two."), entry() + message("Owl", "Three.")],
    ],
)
def test_other_messages_stay_apart_and_are_noted(others):
    contents = extract(f"<p>Hello.</p>{message('Fern', 'One.')}{''.join(others)}{entry()}")
    assert (contents.sponsor.name, contents.sponsor.message) == ("Fern", "One.")
    assert [kind for kind, _ in contents.notes] == ["sponsor"] * len(others)
    assert re.findall(r"Hello|One|Two|Three", contents.intro) == ["Hello", "Two", "Three"][: 1 + len(others)]


@pytest.mark.parametrize(
    ("item", "title", "url", "blurb"),
    [
        ('<a href="https://o.example/">Owl</a>', "Owl", "https://o.example/", ""),
        ('<a href="https://o.example/">Owl</a> (game)', "Owl (game)", "https://o.example/", ""),
        ('<a href="https://o.example/">Owl</a>\n<ul><li>Note <a href="https://p.example/">p</a></li></ul>\n',
         "Owl", "https://o.example/", "Note [p](https://p.example/)"),
        ('<a href="https://o.example/">Owl</a><ul><li>a</li><li>b</li></ul>', "Owl", "https://o.example/", "- a\n- b"),
        ('<a href="https://o.example/">Owl</a> and <a href="https://p.example/">more</a>',
         "Owl", "https://o.example/", "and [more](https://p.example/)"),
        ('<a href="https://o.example/">Owl</a> ' + "was away for a long time, " * 3,
         "Owl", "https://o.example/", ("was away for a long time, " * 3).strip()),
        ("Owl<ul><li>No link.</li></ul>", "Owl", "", "No link."),
    ],
)  # fmt: skip
def test_outage(item, title, url, blurb):
    found = article(f'<h2>Outages</h2><ul class="sreweekly-outages"><li>{item}</li></ul>')
    assert (found.section, found.title, found.url, found.blurb) == ("outages", title, url, blurb)


def test_outages_below_their_heading_without_the_class():
    contents = extract(entry() + '<h2>Outages</h2>\n<ul><li><a href="https://o.example/">Owl</a></li></ul>')
    assert [found.section for found in contents.articles] == ["articles", "outages"]
    assert contents.intro == ""


def test_page_is_all_its_words():
    contents = extract_page('<h2>Articles</h2>About <a href="/x/">us</a>', BLOG, f"{BLOG}/about/")
    assert contents.intro == f"# Articles\n\nAbout [us]({BLOG}/x/)"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("one\n\ntwo\nthree", "<p>one</p><p>two<br/>three</p>"),
        ("<p>one\n\ntwo</p>", "<p>one</p><p>two</p>"),
        ("<div>one</div>\n<div>two</div>", "<div>one</div>\n<div>two</div>"),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("<!-- wp:paragraph --><p>a\nb</p>", "<p>a\nb</p>"),
        ("a<script>b</script><style>c</style><!-- d -->", "a"),
        ('<img alt="owl" src="/o.png">', f'<a href="{BLOG}/o.png">owl</a>'),
        ('<a href="/x"><img alt="owl" src="/o.png"></a>', f'<a href="{BLOG}/x"> owl </a>'),
        ("[embed]https://v.example/1[/embed]", '<p><a href="https://v.example/1">https://v.example/1</a></p>'),
        (
            "a\n\nhttps://v.example/1\n\nb",
            '<p>a</p><p><a href="https://v.example/1">https://v.example/1</a></p><p>b</p>',
        ),
        ('<iframe src="https://v.example/1"></iframe>', '<a href="https://v.example/1">https://v.example/1</a>'),
        ('<a href="#x">y</a>', f'<a href="{BLOG}/p/#x">y</a>'),
        ("<q>a</q>", "“a”"),
        ("", ""),
    ],
)
def test_display(html, shown):
    body = display(html, BLOG, f"{BLOG}/p/").body
    assert (body.decode_contents() if body else "").replace("<p></p>", "").strip() in (shown, f"<p>{shown}</p>")
