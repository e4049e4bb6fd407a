// Opens the desk's page that saves links, with what the visited page says of itself.
// Becomes one line (issues/admin/capture.py), so every statement ends with a semicolon; comments have lines of
// their own. SAVE and KEY are replaced.
void (() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const first = (selector, name) => (document.querySelector(selector)?.getAttribute(name) || "").trim();
    const names = (author) => {
        if (Array.isArray(author)) { return author.flatMap(names); }
        return [(typeof author === "string" ? author : author?.name) || ""].flat();
    };
    // JSON-LD: an object, a list of them, or a list within @graph.
    const credited = (data) => {
        if (Array.isArray(data)) { return data.flatMap(credited); }
        if (!data || typeof data !== "object") { return []; }
        return data.author ? names(data.author) : credited(data["@graph"]);
    };
    const structured = all("script[type='application/ld+json']").flatMap((script) => {
        try { return credited(JSON.parse(script.textContent)); } catch { return []; }
    });
    const metas = all("meta[name='author'], meta[property='article:author']").map((meta) => meta.content);
    const links = all("[rel~='author']").map((link) => link.textContent);
    // The first of these that names somebody. Facebook wants an address in article:author.
    const author = [structured, metas, links]
        .map((list) => [...new Set(list.map((name) => String(name).replace(/\s+/g, " ").trim()))]
            .filter((name) => name && !/^https?:/i.test(name)))
        .find((list) => list.length) || [];
    const words = {
        url: location.href,
        title: first("meta[property='og:title']", "content") || document.title,
        canonical: document.querySelector("link[rel='canonical']")?.href || "",
        author: author.join(", ").slice(0, 200),
        site: first("meta[property='og:site_name']", "content").slice(0, 100),
        text: String(getSelection()).trim().slice(0, 2000),
        window: "small",
    };
    words.title = words.title.slice(0, 500);
    if (words.canonical.length > 1000) { words.canonical = ""; }
    // Servers refuse addresses of more than 8,000 characters, and signing in quotes this one in another.
    const written = () => "SAVE" + "?" + new URLSearchParams(words);
    while (written().length > 4000 && words.text) { words.text = words.text.slice(0, words.text.length * 0.8); }
    const address = written() + "#key=" + "KEY";
    if (!window.open(address, "_blank", "popup,width=640,height=720")) { location.href = address; }
})();
