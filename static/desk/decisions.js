// Lists on which each row is decided on by a key or a button, without loading the page again: the inbox and “Credits to
// look at”. The keys work while the focus is in a list (WCAG 2.1.4). Called by inbox.js and credits.js, after in-turn.js.
"use strict";

// `decisions` are names by key. act(decision, rows) and undo() post them. count(change) shows how many rows are left, after
// so many came back or, if negative, left. Whatever `isAnsweredWithAPage` says is left to the browser.
function decideOnRows(form, { decisions, act, undo, count, isAnsweredWithAPage = () => false }) {
    const rows = [...form.querySelectorAll(".inbox-list > li")];
    const box = (row) => row.querySelector("input[name=row]");
    const shown = () => rows.filter((row) => !row.hidden);
    const selected = () => shown().filter((row) => box(row)?.checked);
    const go = (row) => (row ? enterRow(row) : document.getElementById("show-keys").focus());

    function recount(change) {
        const number = document.querySelector("#inbox-count .number");
        number.textContent = Math.max(0, Number(number.textContent) + change);
        form.querySelector(".inbox-empty").hidden = shown().length > 0;
        count(change);
    }

    function hide(some) {
        const visible = shown();
        const after = visible.slice(visible.indexOf(some.at(-1)) + 1).find((row) => !some.includes(row));
        const before = visible.slice(0, visible.indexOf(some[0])).findLast((row) => !some.includes(row));
        for (const row of some) {
            row.hidden = true;
            box(row).checked = false;
        }
        recount(-some.length);
        go(after ?? before);
    }

    function bringBack(some) {
        some.forEach((row) => (row.hidden = false));
        recount(some.length);
    }

    function press(key, row) {
        const visible = shown();
        const link = { o: "a.open", e: "a.edit" }[key];
        if (decisions[key]) {
            const some = selected();
            box(row) && act(decisions[key], some.length ? some : [row]);
        } else if (key === "j" || key === "ArrowDown") {
            go(visible[visible.indexOf(row) + 1] ?? row);
        } else if (key === "k" || key === "ArrowUp") {
            go(visible[visible.indexOf(row) - 1] ?? row);
        } else if (key === "u") {
            undo();
        } else if (key === "x") {
            box(row)?.click();
        } else if (link && row.querySelector(link)) {
            row.querySelector(link).click();
        } else {
            return false;
        }
        return true;
    }

    // The keys also work on the button that has the focus when the list is empty, so that the last decision is undone.
    function onKey(event) {
        const row = event.target.closest(".inbox-list > li");
        if (isKeyOfRow(event) && (row ? press(event.key, row) : event.key === "u" && (undo(), true))) {
            event.preventDefault();
        }
    }

    const keys = document.getElementById("show-keys");
    keys.hidden = false;
    keys.addEventListener("click", () => document.getElementById("keys").showModal());
    keys.addEventListener("keydown", onKey);
    form.addEventListener("keydown", onKey);
    followFocus(form, rows);
    form.addEventListener("submit", (event) => {
        const { name } = event.submitter;
        const row = event.submitter.closest(".inbox-list > li");
        const some = row ? [row] : selected();
        if (!isAnsweredWithAPage(name, some)) {
            event.preventDefault();
            name && some.length && act(name, some);
        }
    });
    form.classList.add("scripted");
    form.querySelector(".inbox-hint").hidden = !rows.length;
    makeCurrent(rows, rows[0]);
    if (rows.length && document.activeElement === document.body) {
        rows[0].focus({ preventScroll: true });
    }
    return { rows, box, shown, go, hide, bringBack };
}
