// Settles the rows of “Credits to look at” with keys, or with the buttons, without loading the page again. The keys work
// while the focus is in a list (WCAG 2.1.4). Each sends one request, and the requests wait for each other. A row that was
// refused comes back and says why. Merging leaves the page: it is confirmed on one of its own.
"use strict";
{
    const form = document.getElementById("doubts");
    const rows = [...form.querySelectorAll(".inbox-list > li")];
    const status = document.getElementById("inbox-status");
    const settled = []; // To undo, oldest first: rows with the keys that they have since.

    const box = (row) => row.querySelector("input[name=row]");
    const shown = () => rows.filter((row) => !row.hidden);
    const isPair = (row) => /^\w+s-\d+-\d+$/.test(row.dataset.key);
    const go = (row) => (row ? enterRow(row) : document.getElementById("show-keys").focus());

    // Show which rows are left, and their number.
    function count(change) {
        const number = document.querySelector("#inbox-count .number");
        number.textContent = Math.max(0, Number(number.textContent) + change);
        form.querySelector(".inbox-empty").hidden = shown().length > 0;
        for (const section of form.querySelectorAll("section")) {
            section.hidden = ![...section.querySelectorAll(".inbox-list > li")].some((row) => !row.hidden);
        }
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

    const post = (decision, keys) => postInTurn(location.href, keys.map((key) => [decision, key]));

    function act(decision, some) {
        const offered = decision === "yes" ? some.filter((row) => row.querySelector("button[name=yes]")) : some;
        if (decision === "yes" && offered.some(isPair)) {
            rows.forEach((row) => (box(row).checked = offered.includes(row)));
            inTurn(async () => form.querySelector(".many button[name=yes]").click());
            return;
        }
        if (!offered.length) {
            status.textContent = "Whom it names cannot be told. Open the article, or say that it is right as it is.";
            return;
        }
        hide(offered);
        inTurn(async () => {
            const answer = await post(decision, offered.map((row) => row.dataset.key));
            const answers = new Map(answer.rows.map((one) => [one.row, one]));
            const refused = offered.filter((row) => answer.failed || answers.get(row.dataset.key)?.done === false);
            const undoable = offered.map((row) => [row, answers.get(row.dataset.key)?.now]).filter(([, now]) => now);
            status.textContent = answer.sentence;
            const done = offered.length - refused.length;
            done && settled.push({ undoable, isWhole: undoable.length === done });
            refused.length && bringBack(refused);
        });
    }

    function undo() {
        inTurn(async () => {
            const last = settled.pop();
            if (!last?.undoable.length) {
                status.textContent = last ? "This cannot be undone here." : "There is nothing to undo.";
                return;
            }
            const answer = await post("return", last.undoable.map(([, now]) => now));
            status.textContent = answer.sentence + (last.isWhole ? "" : " The others cannot be undone here.");
            if (answer.failed) {
                settled.push(last);
                return;
            }
            const answers = new Map(answer.rows.map((one) => [one.row, one]));
            const back = last.undoable.filter(([, now]) => answers.get(now)?.done);
            for (const [row, now] of back) {
                // An author that was turned, and turned back, has another key.
                if (/^(author|publication)-/.test(now)) {
                    row.dataset.key = box(row).value = answers.get(now).now || row.dataset.key;
                    row.querySelectorAll("button").forEach((button) => (button.value = row.dataset.key));
                }
            }
            bringBack(back.map(([row]) => row));
            back.length && go(back[0][0]);
        });
    }

    function press(key, row) {
        const decision = { y: "yes", n: "no" }[key];
        const visible = shown();
        if (decision) {
            const selected = visible.filter((other) => box(other).checked);
            act(decision, selected.length ? selected : [row]);
        } else if (key === "j" || key === "ArrowDown") {
            go(visible[visible.indexOf(row) + 1] ?? row);
        } else if (key === "k" || key === "ArrowUp") {
            go(visible[visible.indexOf(row) - 1] ?? row);
        } else if (key === "u") {
            undo();
        } else if (key === "x") {
            box(row).click();
        } else if (key === "e") {
            row.querySelector("a.edit").click();
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
        const some = row ? [row] : shown().filter((other) => box(other).checked);
        if (name === "return" || (name === "yes" && some.some(isPair))) {
            return; // Answered with a page.
        }
        event.preventDefault();
        name && some.length && act(name, some);
    });
    form.classList.add("scripted");
    form.querySelector(".inbox-hint").hidden = !rows.length;
    makeCurrent(rows, rows[0]);
    if (rows.length && document.activeElement === document.body) {
        rows[0].focus({ preventScroll: true });
    }
}
