// Loads the findings of preflight after the form. The link of a finding moves the focus to its field, even if Select2
// hides the field or its row is closed. Without this script, links do both as well as the browser can.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const panel = () => document.getElementById("preflight");

    async function load(address) {
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
        // In a select of several values, Select2 gives the focus to the search box.
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
        load(panel().dataset.address).catch(() => {
            panel().querySelector("a").textContent = "The findings could not be loaded. Run preflight";
        });
    }
});
