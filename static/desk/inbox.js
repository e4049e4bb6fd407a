// Decides on the rows of the inbox with keys, or with the buttons, without loading the page again. The keys work while
// the focus is in the list (WCAG 2.1.4). What a key was pressed for is fixed at that moment; each sends one request, and
// the requests wait for each other. A row that is refused says why; it comes back if it still waits for a decision, and
// stays away if somebody else has decided on it.
"use strict";
{
    const form = document.getElementById("inbox");
    const rows = [...form.querySelectorAll(".inbox-list > li")];
    const status = document.getElementById("inbox-status");
    const empty = form.querySelector(".inbox-empty");
    const decided = []; // To undo, oldest first: each decision with its rows.

    const box = (row) => row.querySelector("input[name=row]");
    const shown = () => rows.filter((row) => !row.hidden);

    function go(row) {
        row ? enterRow(row) : document.getElementById("show-keys").focus();
    }

    // Count rows that leave (negative) or come back, in the heading and in the menu.
    function count(change) {
        for (const number of document.querySelectorAll("#inbox-count .number, .desk-menu [aria-current] .count")) {
            number.textContent = Math.max(0, Number(number.textContent) + change);
        }
        empty.hidden = shown().length > 0;
    }

    function hide(some) {
        const visible = shown();
        const after = visible.slice(visible.indexOf(some.at(-1)) + 1).find((row) => !some.includes(row));
        const before = visible.slice(0, visible.indexOf(some[0])).findLast((row) => !some.includes(row));
        for (const row of some) {
            row.hidden = true;
            box(row).checked = false;
        }
        count(-some.length);
        go(after ?? before);
    }

    function bringBack(some) {
        some.forEach((row) => (row.hidden = false));
        count(some.length);
    }

    // Post a decision, and note the new keys. Return the rows on which it was done, and those that wait by now. If nothing
    // was changed, all are as before: `waited` says whether they waited.
    async function send(decision, some, waited, undone = "") {
        const answer = await postInTurn(location.href, [...some.map((row) => [decision, row.dataset.key]), ["undone", undone]]);
        status.textContent = answer.sentence;
        if (answer.failed) {
            return { done: [], waiting: waited ? some : [], isSent: false };
        }
        const answers = new Map(answer.rows.map((one) => [one.row, one]));
        const done = some.filter((row) => answers.get(row.dataset.key)?.done);
        const waiting = some.filter((row) => answers.get(row.dataset.key)?.waits);
        for (const row of done) {
            row.dataset.key = answers.get(row.dataset.key).now;
        }
        return { done, waiting, isSent: true };
    }

    function act(decision, some) {
        hide(some);
        inTurn(async () => {
            const { done, waiting } = await send(decision, some, true);
            done.length && decided.push({ decision, rows: done });
            if (waiting.length) {
                const isAlone = !shown().length;
                bringBack(waiting);
                isAlone && go(waiting[0]); // Otherwise the next key is meant for the row that has the focus.
            } else if (!shown().length && form.querySelector(".inbox-pages")) {
                location.reload();
            }
        });
    }

    function undo() {
        inTurn(async () => {
            const last = decided.pop();
            if (last) {
                const { waiting, isSent } = await send("return", last.rows, false, last.decision);
                isSent || decided.push(last); // To be tried again.
                bringBack(waiting);
                waiting.length && go(waiting[0]);
            } else {
                status.textContent = "There is nothing to undo.";
            }
        });
    }

    function press(key, row) {
        const decision = { s: "shortlist", b: "backlog", d: "decline" }[key];
        const visible = shown();
        if (decision) {
            const selected = visible.filter((other) => box(other)?.checked);
            const some = selected.length ? selected : [row];
            box(row) && act(decision, some);
        } else if (key === "j" || key === "ArrowDown") {
            go(visible[visible.indexOf(row) + 1] ?? row);
        } else if (key === "k" || key === "ArrowUp") {
            go(visible[visible.indexOf(row) - 1] ?? row);
        } else if (key === "u") {
            undo();
        } else if (key === "x") {
            box(row)?.click();
        } else if (key === "o") {
            row.querySelector("a.open").click();
        } else if (key === "e") {
            row.querySelector("a.edit").click();
        } else {
            return false;
        }
        return true;
    }

    // The keys also work on the button that has the focus when the list is empty, so that the last decision is undone.
    function onKey(event) {
        const { target, key } = event;
        const row = target.closest(".inbox-list > li");
        if (isKeyOfRow(event) && (row ? press(key, row) : key === "u" && (undo(), true))) {
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
        event.preventDefault();
        const row = event.submitter.closest("li");
        const some = row ? [row] : shown().filter((other) => box(other)?.checked);
        event.submitter.name && some.length && act(event.submitter.name, some);
    });
    form.classList.add("scripted");
    form.querySelector(".inbox-hint").hidden = !rows.length;
    makeCurrent(rows, rows[0]);
    if (rows.length && document.activeElement === document.body) {
        rows[0].focus({ preventScroll: true });
    }
}
