// Brings what preflight finds, once the form is there; and a finding's link leads into its field, also where the field
// is a select that Select2 hides, or in a closed row. Without this script a link shows the findings, and theirs the
// fields, and the browser does the rest.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const panel = () => document.getElementById("preflight");

    async function bring(address) {
        const response = await fetch(address);
        if (!response.ok || response.redirected) {
            throw new Error(`The server answered ${response.status}.`);
        }
        const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
        const hadFocus = panel().contains(document.activeElement);
        panel().replaceWith(parsed.getElementById("preflight"));
        if (hadFocus) {
            panel().focus();
        }
    }

    function enter(field) {
        for (let closed = field.closest("details:not([open])"); closed; closed = closed.parentElement.closest("details:not([open])")) {
            closed.open = true;
        }
        const shown = field.matches(".select2-hidden-accessible")
            ? field.parentElement.querySelector(".select2-selection")
            : field;
        // Of several values, Select2 lets the search box have the focus.
        const target = shown.querySelector(".select2-search__field") ?? shown;
        if (target.tabIndex < 0) {
            target.tabIndex = -1;
        }
        target.focus();
        target.scrollIntoView({ block: "center" });
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest("#preflight a[href^='#']");
        const field = link && document.getElementById(link.hash.slice(1));
        if (field) {
            event.preventDefault();
            enter(field);
        }
    });

    if (panel()?.dataset.address) {
        bring(panel().dataset.address).catch(() => {
            panel().querySelector("a").textContent = "It could not be loaded now: see what it finds";
        });
    }
});
