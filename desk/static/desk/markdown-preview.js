// Shows beside a Markdown field what it will look like: when the field is first seen, and a moment after each change.
// Listens on the document, so that it works in rows added later too, and leaves keys and undo to the browser.
"use strict";
{
    const ADDRESS = document.currentScript.dataset.address;
    const PAUSE = 300; // Milliseconds after the last change.
    const FIELD = "textarea.markdownx-editor";
    const timers = new WeakMap();
    const requests = new WeakMap();

    function wrap(root) {
        for (const textarea of root.querySelectorAll(`:not(.markdown-editor) > ${FIELD}`)) {
            const [editor, preview] = [document.createElement("div"), document.createElement("div")];
            editor.className = "markdown-editor";
            preview.className = "markdown-preview plain";
            preview.setAttribute("role", "group");
            preview.setAttribute("aria-label", "Preview");
            textarea.replaceWith(editor);
            editor.append(textarea, preview);
        }
    }

    // Ask for what is in sight and has words, once. An issue may have 40 closed articles. Lines that are open at first
    // report it before the document is complete.
    function start(root) {
        wrap(root);
        for (const textarea of root.querySelectorAll(FIELD)) {
            if (textarea.value.trim() && !requests.has(textarea) && !textarea.closest("details:not([open])")) {
                show(textarea);
            }
        }
    }

    // Quotes become typographic, and paragraphs are told by lines.
    const words = (text) => text.replace(/[“”]/g, '"').replace(/[‘’]/g, "'").split(/\s+/).filter(Boolean).join(" ");

    async function show(textarea) {
        const box = textarea.parentElement.querySelector(".markdown-preview");
        requests.get(textarea)?.abort();
        const controller = new AbortController();
        requests.set(textarea, controller);
        try {
            const response = await fetch(ADDRESS, {
                method: "POST",
                body: new URLSearchParams({ content: textarea.value }),
                headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
                signal: controller.signal,
            });
            if (!response.ok || response.redirected) {
                throw new Error(`The server answered ${response.status}.`);
            }
            box.innerHTML = await response.text(); // Sanitised by the server; the page's policy runs no script in it.
            box.classList.toggle("plain", words(box.textContent) === words(textarea.value));
        } catch (error) {
            if (error.name !== "AbortError") {
                box.classList.remove("plain");
                box.textContent = "The preview could not be loaded. Your text is safe in its field.";
            }
        }
    }

    document.addEventListener("DOMContentLoaded", () => start(document));
    document.addEventListener("formset:added", (event) => start(event.target));
    document.addEventListener("toggle", (event) => event.target.open && start(event.target), true);
    document.addEventListener("input", (event) => {
        const textarea = event.target;
        if (textarea.matches(FIELD)) {
            clearTimeout(timers.get(textarea));
            timers.set(textarea, setTimeout(show, PAUSE, textarea));
        }
    });
}
