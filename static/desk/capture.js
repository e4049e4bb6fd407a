// Closes the small window after a link was saved. Submits the form at once if a bookmarklet opened the page, and explains
// a new bookmarklet when it is clicked.
// The bookmarklet's key is moved from the fragment of the address into the form, and the server checks it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("capture_form");
    const key = new URLSearchParams(location.hash.slice(1)).get("key");
    // A key, a click or a field with the focus keeps the window open.
    const closing = document.querySelector("[data-close-after]");
    if (closing && document.activeElement?.matches("input, textarea")) {
        closing.remove(); // Somebody was faster than this script.
    } else if (closing) {
        const timer = setTimeout(() => window.close(), Number(closing.dataset.closeAfter) * 1000);
        for (const name of ["keydown", "pointerdown", "focusin"]) {
            document.addEventListener(name, () => {
                clearTimeout(timer);
                closing.remove();
            });
        }
    }
    if (key) {
        history.replaceState(null, "", location.pathname + location.search);
        form.elements.key.value = key;
        form.submit();
    }
    const bookmarklet = document.querySelector("a.bookmarklet");
    bookmarklet?.addEventListener("click", (event) => {
        event.preventDefault(); // The content security policy would refuse it without a word.
        document.querySelector(".bookmarklet-hint").hidden = false;
    });
});
