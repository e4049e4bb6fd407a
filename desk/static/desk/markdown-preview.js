// Shows what a Markdown field will look like, a moment after each change. Listens on the document,
// so that it works in rows added later too, and leaves keys and undo to the browser.
"use strict";
{
    const PAUSE = 300; // Milliseconds after the last change.
    const timers = new WeakMap();
    const requests = new WeakMap();

    async function show(textarea) {
        const box = textarea.closest(".markdown-editor").querySelector(".markdown-preview");
        requests.get(textarea)?.abort();
        const controller = new AbortController();
        requests.set(textarea, controller);
        try {
            const response = await fetch(textarea.dataset.markdownxUrlsPath, {
                method: "POST",
                body: new URLSearchParams({ content: textarea.value }),
                headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
                signal: controller.signal,
            });
            if (!response.ok || response.redirected) {
                throw new Error(`The server answered ${response.status}.`);
            }
            box.innerHTML = await response.text(); // Sanitised by the server; the page's policy runs no script in it.
        } catch (error) {
            if (error.name !== "AbortError") {
                box.textContent = "The preview could not be loaded. Your text is safe in its field.";
            }
        }
    }

    document.addEventListener("input", (event) => {
        const textarea = event.target;
        if (textarea.matches("textarea.markdownx-editor")) {
            clearTimeout(timers.get(textarea));
            timers.set(textarea, setTimeout(show, PAUSE, textarea));
        }
    });
}
