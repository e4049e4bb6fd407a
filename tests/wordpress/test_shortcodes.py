import time

import pytest

from tests.wordpress.wxr import BLOG, entry
from wordpress.extract import extract_issue, extract_page
from wordpress.shortcodes import expand, find_dynamic_blocks, find_unknown

LINK = '<p><a href="{0}">{0}</a></p>'


def page(html):
    contents = extract_page(html, BLOG, f"{BLOG}/code/")
    return contents.intro, [text for kind, text in contents.notes if kind == "shortcode"]


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ('[code lang="python"]', "[/code]"),
        ("[sourcecode language='py' title=x]", "[/sourcecode]"),
        ("[python]", "[/python]"),
        ("<p>[CODE]", "[/CODE]</p>"),
        ('[crayon lang="python"]', "[/crayon]"),
    ],
)
def test_code_keeps_its_lines_and_indentation(opened, closed):
    code = 'if a < b:\n    dim("[x]")\n\n    done()'
    assert page(f"Look:\n\n{opened}\n{code}\n{closed}\n\nEnd.") == (f"Look:\n\n```\n{code}\n```\n\nEnd.", [])


def test_code_with_fences_in_it_is_one_block():
    assert page("[code]\n```\n  x\n````\n[/code]") == ("`````\n```\n  x\n````\n`````", [])


def test_code_in_an_entry_and_with_entities():
    (article,) = extract_issue(
        entry(description="<p>Do:</p>[code]\nx &lt; &quot;<b>&quot;\n  y\n[/code]"), BLOG, BLOG
    ).articles
    assert article.blurb == 'Do:\n\n```\nx < "<b>"\n  y\n```'


@pytest.mark.parametrize(
    ("shortcode", "address"),
    [
        ("[embed]https://v.example/1[/embed]", "https://v.example/1"),
        ('[embed width="9"]\nhttps://v.example/1\n[/embed]', "https://v.example/1"),
        ("[youtube https://v.example/v/1]", "https://v.example/v/1"),
        ("[youtube=https://v.example/v/1&amp;w=3]", "https://v.example/v/1&amp;w=3"),
        ('[audio src="https://v.example/a.mp3"]', "https://v.example/a.mp3"),
        ("[audio mp3='https://v.example/a.mp3'][/audio]", "https://v.example/a.mp3"),
        ('[video width="9" mp4="https://v.example/a.mp4"][/video]', "https://v.example/a.mp4"),
        ("[vimeo 12345]", "https://vimeo.com/12345"),
        ('[gist id="abc123" /]', "https://gist.github.com/abc123"),
        ("[wpvideo abc123 w=640]", "https://videopress.com/v/abc123"),
    ],
)
def test_media_become_links(shortcode, address):
    assert expand(shortcode).strip() == LINK.format(address)


def test_one_medium_does_not_swallow_the_words_before_the_next():
    shown = expand('[audio src="https://a.example/1"] words [audio src="https://a.example/2"][/audio]')
    assert "words" in shown
    assert shown.count("<a ") == 2


def test_captions_stay_with_their_pictures():
    new = '[caption id="a1" align="left" width="3"]<img alt="Owl" src="https://o.example/o.png"> A bird[/caption]'
    old = '[wp_caption caption="A bird"]<img alt="Owl" src="https://o.example/o.png">[/wp_caption]'
    assert page(new) == page(old) == ("[Owl](https://o.example/o.png) A bird", [])


@pytest.mark.parametrize(
    "shortcode",
    [
        *('[gallery ids="1,2"]', "[gallery]", '[box type="x"]', "[toc /]", "[newsletter_form]", "[tweet]x y[/tweet]"),
        *("[poll id=1]", "[table id=3 a]", "[toc]", "[googlemaps https://maps.example/1]"),
    ],
)
def test_unknown_shortcode_is_printed_and_reported(shortcode):
    markdown, notes = page(f"Before.\n\n{shortcode}\n\nAfter.")
    assert len(notes) == 1
    assert markdown.replace("\\", "") == f"Before.\n\n{shortcode}\n\nAfter."


@pytest.mark.parametrize(
    "words",
    [
        "[…]",
        "[sic]",
        "[paywall]",
        "[note: long]",
        "[an owl](https://o.example/)",
        "[1]",
        "a[x == y]",
        "see [code] and [text]",
    ],
)
def test_words_in_brackets_are_no_shortcodes(words):
    assert expand(words) == words
    assert list(find_unknown(words)) == []


def test_escaped_shortcode_is_text():
    assert page("Write [[code]] there.") == ("Write [code] there.", [])


def test_shortcode_shown_as_code_is_not_reported():
    assert page('<pre>[box type="x"]</pre> <code>[gallery ids="1"]</code>')[1] == []


def test_block_that_only_wordpress_can_fill_is_reported():
    html = '<!-- wp:latest-posts {"a":1} /--><!-- wp:more --><!--more--><!-- /wp:more --><!-- wp:spacer /-->'
    assert list(find_dynamic_blocks(html)) == ["latest-posts"]
    assert len(page(html + "<p>x</p>")[1]) == 1


@pytest.mark.parametrize("part", ["[audio]", "[code]", '[a "', '[x y="', "[/a]", "[[code", "<!-- wp:x {"])
def test_hostile_shortcodes_take_linear_time(part):
    started = time.process_time()
    for _ in find_unknown(expand(part * 20_000)):
        continue
    list(find_dynamic_blocks(part * 20_000))
    assert time.process_time() - started < 5
