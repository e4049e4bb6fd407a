// Writing Markdown: a small toolbar above each field, keys, and what is pasted. Text is inserted as if it were typed, so
// that the browser can undo it. Listens on the document, so that it works in rows added later too.
"use strict";
{
    const FIELD = "textarea.markdownx-editor";
    const isAddress = (text) => /^https?:\/\/[^\s<>]+$/i.test(text);

    function insert(field, text, start, end) {
        field.focus();
        const { value } = field;
        // No browser has another way that keeps undo.
        const isInserted = document.activeElement === field && document.execCommand("insertText", false, text);
        if (!isInserted || field.value === value) {
            field.setRangeText(text);
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        field.setSelectionRange(start, end);
    }

    const selected = (field) => field.value.slice(field.selectionStart, field.selectionEnd);

    // Put marks around the selection, or take them away.
    function wrap(field, mark) {
        const { selectionStart: start, selectionEnd: end, value } = field;
        const size = mark.length;
        // “***” is bold and italic.
        const stars = Math.min(/\**$/.exec(value.slice(0, start))[0].length, /^\**/.exec(value.slice(end))[0].length);
        const isMarked = { "*": stars % 2 === 1, "**": stars >= 2 }[mark];
        const stands = value.slice(start - size, start) === mark && value.slice(end, end + size) === mark;
        if (isMarked ?? stands) {
            field.setSelectionRange(start - size, end + size);
            insert(field, value.slice(start, end), start - size, end - size);
        } else {
            insert(field, mark + selected(field) + mark, start + size, end + size);
        }
    }

    function link(field, address = "https://") {
        const start = field.selectionStart;
        const text = selected(field);
        const from = start + text.length + 3;
        insert(field, `[${text}](${address})`, text ? from : start + 1, text ? from + address.length : start + 1);
    }

    // Begin each line of the selection with a mark, or take it away.
    function begin(field, mark) {
        const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
        const next = field.value.indexOf("\n", field.selectionEnd);
        field.setSelectionRange(start, next < 0 ? field.value.length : next);
        const lines = selected(field).split("\n");
        const isMarked = lines.every((line) => line.startsWith(mark));
        const text = lines.map((line) => (isMarked ? line.slice(mark.length) : mark + line)).join("\n");
        insert(field, text, start, start + text.length);
    }

    function code(field) {
        selected(field).includes("\n") ? begin(field, "    ") : wrap(field, "`");
    }

    const ACTS = [
        ["B", "Bold", "b", (field) => wrap(field, "**")],
        ["I", "Italic", "i", (field) => wrap(field, "*")],
        ["Link", "Link", "k", (field) => link(field)],
        ["Quote", "Quote", "", (field) => begin(field, "> ")],
        ["List", "List", "", (field) => begin(field, "- ")],
        ["Code", "Code", "", code],
        ["Picture", "Picture", "j", (field) => field.dispatchEvent(new CustomEvent("markdown:pick", { bubbles: true }))],
    ];

    function equip(root) {
        for (const field of root.querySelectorAll(FIELD)) {
            if (field.id.includes("__prefix__") || field.previousElementSibling?.matches(".markdown-tools")) {
                continue;
            }
            const bar = document.createElement("div");
            bar.className = "markdown-tools";
            bar.setAttribute("role", "group");
            bar.setAttribute("aria-label", "Markdown");
            for (const [text, name, key, act] of ACTS) {
                const button = document.createElement("button");
                button.type = "button";
                button.tabIndex = -1; // Tab goes from field to field; the keys do the same.
                button.textContent = text;
                button.title = key ? `${name} (Ctrl-${key.toUpperCase()})` : name;
                button.addEventListener("click", () => act(field));
                bar.append(button);
            }
            field.before(bar);
        }
    }

    // Rich text as Markdown, of the kinds that an issue prints.

    const CODE = "\u0001"; // Begins and ends the number of a block of code, which is written out last, as it stands.

    function fromRichText(html) {
        const blocks = [];
        const made = markdownOf(new DOMParser().parseFromString(html, "text/html").body, blocks).replace(/\n{3,}/g, "\n\n").trim();
        return made.replace(/^(.*)\u0001(\d+)\u0001/gm, (all, before, number) => before + blocks[number].replace(/^(?=.)/gm, `${before.replace(/[^>\s]/g, " ")}    `).slice(before.length));
    }

    function markdownOf(node, blocks) {
        if (node.nodeType === Node.TEXT_NODE) {
            return node.textContent.replace(/[\s\u0001]+/g, " ").replace(/([\\`*_[\]<])/g, "\\$1");
        }
        if (node.nodeType !== Node.ELEMENT_NODE || node.matches("script, style, head, title")) {
            return "";
        }
        const inner = () => [...node.childNodes].map((child) => markdownOf(child, blocks)).join("");
        const around = (mark, same) =>
            node.parentElement.closest(same) ? inner() : inner().replace(/^(\s*)(.*?)(\s*)$/s, (all, left, text, right) => (text ? left + mark + text + mark + right : all));
        const lines = (mark) => inner().trim().split("\n").map((line) => mark + line).join("\n");
        switch (node.localName) {
            case "br":
                return "\n";
            case "a":
                return linkOf(node, inner());
            case "strong":
            case "b":
                // Google's documents put everything into a “b” that is not bold.
                return /font-weight:\s*(normal|400)/.test(node.getAttribute("style") ?? "") || node.querySelector("p, div, li")
                    ? inner()
                    : around("**", "b:not([style]), strong");
            case "em":
            case "i":
                return around("*", "em, i");
            case "code":
                return codeOf(node.textContent);
            case "pre":
                node.querySelectorAll("br").forEach((end) => end.replaceWith("\n"));
                return `\n\n${CODE}${blocks.push(node.textContent.replace(/^\n+|\s+$/g, "")) - 1}${CODE}\n\n`;
            case "blockquote":
                return `\n\n${lines("> ")}\n\n`;
            case "ul":
            case "ol":
                return `\n\n${listOf(node, blocks)}\n\n`;
            case "p":
                // What begins like a heading, a quote or a list is none.
                return `\n\n${inner().trim().replace(/^(\d*)([#>+-]|(?<=\d)[.)])(?=\s)/, "$1\\$2")}\n\n`;
            case "div":
            case "li":
            case "h1":
            case "h2":
            case "h3":
            case "h4":
            case "h5":
            case "h6":
            case "section":
            case "article":
            case "header":
            case "table":
            case "tr":
            case "dl":
            case "dt":
            case "dd":
                return `\n\n${inner().trim()}\n\n`;
            case "td":
            case "th":
                return `${inner().trim()} `;
            default:
                return inner();
        }
    }

    // One line an item. What is inside of it stands four spaces further in; so does a list between two items.
    function listOf(list, blocks) {
        const isNumbered = list.localName === "ol";
        const first = Number(list.getAttribute("start")) || 1;
        let count = 0;
        const items = [...list.children].map((item) => {
            const text = markdownOf(item, blocks).trim().replace(/\n+(\u0001?)/g, (all, code) => (code ? `\n\n    ${code}` : "\n    "));
            if (item.matches("ul, ol")) {
                return `    ${text}`;
            }
            count += 1;
            return (isNumbered ? `${first + count - 1}. ` : "- ") + text;
        });
        return items.join("\n");
    }

    function linkOf(node, inner) {
        const encode = (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
        const address = (node.getAttribute("href") ?? "").trim().replace(/[\s()<>]/g, encode);
        const text = inner.trim().replace(/\s+/g, " ");
        return isAddress(address) && text && !text.includes(CODE) ? `[${text}](${address})` : inner;
    }

    function codeOf(text) {
        const ticks = "`".repeat(Math.max(0, ...(text.match(/`+/g) ?? []).map((some) => some.length)) + 1);
        const space = ticks.length > 1 ? " " : "";
        return text.trim() ? ticks + space + text.replace(/\s+/g, " ") + space + ticks : " ";
    }

    document.addEventListener("paste", (event) => {
        const field = event.target;
        if (!field.matches(FIELD) || event.defaultPrevented) {
            return;
        }
        const text = event.clipboardData.getData("text/plain").trim();
        const html = event.clipboardData.getData("text/html");
        if (isAddress(text) && selected(field) && !isAddress(selected(field))) {
            event.preventDefault();
            const end = field.selectionStart + selected(field).length + text.length + 4;
            const from = field.selectionStart;
            link(field, text);
            field.setSelectionRange(end, end);
            field.selectionStart = Math.max(from, field.selectionStart);
        } else if (/<(a|b|strong|i|em|ul|ol|blockquote|code|pre)[\s>]/i.test(html)) {
            const made = fromRichText(html);
            event.preventDefault();
            const end = field.selectionStart + made.length;
            insert(field, made, end, end);
        }
    });

    // From pictures.js.
    document.addEventListener("markdown:insert", ({ target: field, detail: { text, at, from, to } }) => {
        field.setSelectionRange(at, at);
        insert(field, text, from, to);
    });

    document.addEventListener("keydown", (event) => {
        if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) {
            return;
        }
        const act = event.target.matches(FIELD) && ACTS.find(([, , key]) => key && key === event.key.toLowerCase())?.[3];
        if (act) {
            event.preventDefault();
            act(event.target);
        }
    });

    document.addEventListener("DOMContentLoaded", () => equip(document));
    document.addEventListener("formset:added", (event) => equip(event.target));
}
