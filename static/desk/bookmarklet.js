// Opens the save page of the desk with title, authors, site and selected text of the visited page.
// collecting/admin/capture.py joins the lines and replaces SAVE and KEY. So each statement ends with a semicolon, and each
// comment has a line of its own.
void (() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const first = (selector, name) => (document.querySelector(selector)?.getAttribute(name) || "").trim();
    const place = (address) => {
        try {
            const { host, pathname, search, hash } = new URL(address, location.href);
            return host.replace(/^(www|m)\./, "") + pathname.replace(/\/$/, "") + search + (/^#[!/]/.test(hash) ? hash : "");
        } catch { return ""; }
    };
    // A script can change the address and leave the head of the page that was loaded: then only its own title is true.
    const declared = first("link[rel='canonical']", "href") || first("meta[property='og:url']", "content");
    const loaded = performance.getEntriesByType("navigation")[0]?.name || location.href;
    const isStale = place(loaded) !== place(location.href) && !(declared && place(declared) === place(location.href));
    const kinds = (node) => [node["@type"]].flat().map((kind) => String(kind).split(/[\/:#]/).pop());
    const isOne = (node, kind) => kinds(node).some((name) => kind.test(name));
    const names = (author) => {
        if (Array.isArray(author)) { return author.flatMap(names); }
        if (author?.["@type"] && isOne(author, /(Organization|Corporation)$/)) { return []; }
        return [(typeof author === "string" ? author : author?.name) || ""].flat();
    };
    // JSON-LD: an object, a list of them, or a list within @graph. The author of a comment is not that of the page.
    const credited = (data) => {
        if (Array.isArray(data)) { return data.flatMap(credited); }
        if (!data || typeof data !== "object" || isOne(data, /^(Comment|UserComments|Answer)$/)) { return []; }
        return data.author ? names(data.author) : credited(data["@graph"]);
    };
    const structured = all("script[type='application/ld+json']").flatMap((script) => {
        try { return credited(JSON.parse(script.textContent)); } catch { return []; }
    });
    const metas = all("meta[name='author'], meta[property='article:author']").map((meta) => meta.content);
    const comments = ".comment, .comments, .commentlist, .comment-list, .comments-area, #comments, [itemtype$='/Comment']";
    const links = all("[rel~='author']").filter((link) => !link.closest(comments)).map((link) => link.textContent);
    // Take the first list with a name. article:author may hold the address of a Facebook page.
    const author = isStale ? [] : [structured, metas, links]
        .map((list) => [...new Set(list.map((name) => String(name).replace(/\s+/g, " ").trim()))]
            .filter((name) => name && !/^https?:/i.test(name)))
        .find((list) => list.length) || [];
    const values = {
        url: location.href,
        title: !isStale && first("meta[property='og:title']", "content") || document.title,
        canonical: !isStale && document.querySelector("link[rel='canonical']")?.href || "",
        author: author.join("; ").slice(0, 200),
        site: first("meta[property='og:site_name']", "content").slice(0, 100),
        text: String(getSelection()).trim().slice(0, 2000),
        window: "small",
    };
    values.title = values.title.slice(0, 500);
    if (values.canonical.length > 1000) { values.canonical = ""; }
    // Servers refuse addresses of more than 8,000 characters, and the sign-in page quotes this one within its own.
    const save = () => "SAVE" + "?" + new URLSearchParams(values);
    while (save().length > 4000 && values.text) { values.text = values.text.slice(0, values.text.length * 0.8); }
    const address = save() + "#key=" + "KEY";
    if (!window.open(address, "_blank", "popup,width=640,height=720")) { location.href = address; }
})();
