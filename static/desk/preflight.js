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
        mark();
        if (hadFocus) {
            panel().focus();
        }
    }

    // Each line of the outline says how many findings it has.
    function mark() {
        const lines = new Map();
        for (const link of panel()?.querySelectorAll("a[data-level]") ?? []) {
            const line = document.getElementById(link.hash.slice(1))?.closest("details");
            const levels = lines.get(line) ?? lines.set(line, {}).get(line);
            levels[link.dataset.level] = (levels[link.dataset.level] ?? 0) + 1;
        }
        for (const place of document.querySelectorAll(".line-findings")) {
            const levels = lines.get(place.closest("details")) ?? {};
            place.replaceChildren(
                ...["stop", "warning"].filter((level) => levels[level]).map((level) => {
                    const pill = document.createElement("span");
                    pill.className = `state ${level === "stop" ? "stop" : "warn"}`;
                    pill.textContent = `${levels[level]} ${level}${levels[level] > 1 ? "s" : ""}`;
                    return pill;
                }),
            );
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

    mark();
    if (panel()?.dataset.address) {
        load(panel().dataset.address).catch(() => {
            panel().querySelector("a").textContent = "The findings could not be loaded. Run preflight";
        });
    }
});
