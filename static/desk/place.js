// “Save” and Ctrl-S bring the form back where it was: the same lines open, the same field with the focus and its selection,
// at the same height of the window. Lines are told by their place, as the saved rows are numbered anew. Without this script
// the page begins at its top.
"use strict";
{
    const KEY = "place";

    const lines = () =>
        [...document.querySelectorAll("#content-main form details")].filter((line) => !line.closest(".leaving, .empty-form"));

    function keep() {
        // A button of the bar stands at the same height anyway.
        const focused = document.activeElement.closest(".submit-row") ? document.body : document.activeElement;
        const place = {
            path: location.pathname,
            open: lines().flatMap((line, index) => (line.open ? [index] : [])),
            line: lines().indexOf(focused.closest("details")),
            id: focused.id,
            selection: [focused.selectionStart, focused.selectionEnd],
            top: focused.getBoundingClientRect().top,
        };
        try {
            sessionStorage.setItem(KEY, JSON.stringify(place));
        } catch {
            // The page begins at its top: the storage is full, or forbidden.
        }
    }

    function take() {
        try {
            const place = JSON.parse(sessionStorage.getItem(KEY));
            sessionStorage.removeItem(KEY);
            return place;
        } catch {
            return null;
        }
    }

    function fieldOf({ id, line }, all) {
        const number = all[line]?.closest(".inline-related")?.id.match(/\d+$/)?.[0];
        const now = number ? id.replace(/^(id_\w+-)\d+/, `$1${number}`) : id;
        // names.js adds its input when the line has opened, and moves the focus there.
        const field = document.getElementById(now) ?? document.getElementById(now.replace(/-typed$/, ""));
        return field ?? all[line]?.querySelector("summary") ?? document.body;
    }

    function restore() {
        const place = take();
        // A refused save shows what is wrong instead.
        if (place?.path !== location.pathname || document.querySelector(".conflict, [aria-invalid=true]")) {
            return;
        }
        const all = lines();
        place.open.filter((index) => all[index]).forEach((index) => (all[index].open = true));
        const field = fieldOf(place, all);
        field.focus({ preventScroll: true });
        if (field.matches("textarea, input[type=text]") && place.selection[0] !== undefined) {
            field.setSelectionRange(...place.selection);
        }
        scrollBy({ top: field.getBoundingClientRect().top - place.top, behavior: "instant" });
    }

    document.addEventListener("submit", (event) => event.submitter?.name === "_continue" && keep());
    document.addEventListener("DOMContentLoaded", restore);
}
