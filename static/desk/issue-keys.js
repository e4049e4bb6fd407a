// Alt-J and Alt-K on the page of an issue: they go to the next words to be written, or to the previous ones. Those are the
// blurb of each article, and its title if it is empty. The line that holds them opens.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const group = document.getElementById("articles-group");

    function words() {
        const fields = group.querySelectorAll(".inline-related:not(.empty-form) :is([name$='-title'], [name$='-blurb'])");
        return [...fields].filter((field) => field.name.endsWith("-blurb") || !field.value.trim());
    }

    function isBefore(place, field) {
        return Boolean(place.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    }

    function go(step) {
        const here = document.activeElement;
        const isHere = group.contains(here);
        const others = words().filter((field) => field !== here);
        const next =
            step > 0
                ? others.find((field) => !isHere || isBefore(here, field))
                : others.findLast((field) => !isHere || isBefore(field, here));
        if (next) {
            next.closest("details").open = true;
            next.focus();
            next.scrollIntoView({ block: "nearest" });
        }
    }

    group &&
        document.addEventListener("keydown", (event) => {
            // On a Mac, Alt with a letter types another sign.
            const key = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
            const step = { j: 1, k: -1 }[key];
            const isModified = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
            if (step && isModified && !document.querySelector("dialog[open]")) {
                event.preventDefault();
                go(step);
            }
        });
});
