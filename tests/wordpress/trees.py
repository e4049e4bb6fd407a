"""HTML of any shape, for hypothesis."""

from hypothesis import strategies as st

words = st.text(st.sampled_from("abcXYZ019éßж*_`[]()<>#+-=~|\\!.,:;'\"&/ \n"), max_size=12)
inline_tags = st.sampled_from(["em", "strong", "code", "s", "span", "small", "q", "sub", "b", "i"])
block_tags = st.sampled_from(["p", "div", "blockquote", "pre", "h2", "h4", "section"])
addresses = st.sampled_from(
    [
        "https://lamps.example/a?b=1&c=2",
        "http://owls.example/(x)",
        "mailto:owl@lamps.example",
        "/post/",
        "#here",
        "ftp://owls.example/",
    ]
)


def element(tag, children):
    return f"<{tag}>{''.join(children)}</{tag}>"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


texts = words.map(escape)
links = st.builds(lambda address, text: f'<a href="{address.replace("&", "&amp;")}">{text}x</a>', addresses, texts)
inlines = st.recursive(
    texts | links, lambda kids: st.builds(element, inline_tags, st.lists(kids, max_size=3)), max_leaves=6
)
lists = st.builds(
    lambda tag, items: element(tag, [element("li", [item]) for item in items]),
    st.sampled_from(["ul", "ol"]),
    st.lists(inlines, min_size=1, max_size=3),
)
trees = st.recursive(
    inlines | lists, lambda kids: st.builds(element, block_tags, st.lists(kids, max_size=4)), max_leaves=10
)
