// Saves at once what a bookmarklet brings, and says what a bookmarklet is for when it is clicked here.
// The key in the fragment of the address is taken out of it, and judged by the server.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("capture_form");
    const key = new URLSearchParams(location.hash.slice(1)).get("key");
    if (key) {
        history.replaceState(null, "", location.pathname + location.search);
        form.elements.key.value = key;
        form.submit();
    }
    const bookmarklet = document.querySelector("a.bookmarklet");
    bookmarklet?.addEventListener("click", (event) => {
        event.preventDefault(); // The content security policy refuses it here, and says so to nobody.
        document.querySelector(".bookmarklet-hint").hidden = false;
    });
});
