// Sorts the backlog with keys. They work while a row of the list has the focus (WCAG 2.1.4), never in a field. Each key
// sends one request. If it is refused, the reason is shown and the row is restored. Without this script, the actions
// above the list do the same.
"use strict";
{
    const STATES = {
        s: { state: "shortlisted", label: "shortlisted" },
        h: { state: "held", label: "held" },
        d: { state: "declined", label: "declined" },
        i: { state: "saved", label: "inbox" },
    };
    const bar = document.getElementById("backlog-keys");
    const table = document.querySelector("#result_list tbody");
    const rows = [...(table?.rows ?? [])].filter((row) => row.querySelector(".action-select"));

    const status = document.getElementById("backlog-status");
    const dialog = document.getElementById("key-list");
    const done = []; // Changes to undo, oldest first: lists of {row, before}.
    const refused = new Set(); // Rows that can be placed anyway.
    let requests = Promise.resolve(); // One after the other, in the order of the keys.

    const box = (row) => row.querySelector(".action-select");

    // Deselect the selected rows and return them, or null if there are none.
    function takeSelected() {
        const selected = rows.filter((row) => box(row).checked);
        selected.forEach((row) => box(row).click());
        return selected.length ? selected : null;
    }

    function makeCurrent(row) {
        for (const other of rows) {
            other.tabIndex = other === row ? 0 : -1;
            other.removeAttribute("aria-current");
        }
        row.setAttribute("aria-current", "true");
    }

    function go(row, step) {
        const next = rows[rows.indexOf(row) + step];
        if (next) {
            next.focus();
            next.scrollIntoView({ block: "nearest" });
        }
    }

    function shown(row) {
        const pill = row.querySelector(".state");
        return pill && { state: pill.dataset.state, label: pill.textContent };
    }

    function show(row, { state, label }) {
        const pill = row.querySelector(".state");
        pill.className = `state state-${state || "placed"}`;
        pill.dataset.state = state;
        pill.textContent = label;
    }

    async function post(path, fields = {}) {
        try {
            const response = await fetch(bar.dataset.list + path, {
                method: "POST",
                body: new URLSearchParams(fields),
                headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
            });
            if (response.ok && !response.redirected) {
                return await response.json();
            }
            const why = response.redirected ? "You are signed out" : `The server answered ${response.status}`;
            return { done: false, sentence: `${why}: nothing was changed.` };
        } catch {
            return { done: false, sentence: "The server could not be reached: nothing was changed." };
        }
    }

    // Show the expected state at once, and restore the row if the request is refused.
    async function change(row, path, fields, expected) {
        const before = shown(row);
        if (before) {
            show(row, expected);
        }
        const answer = await post(path, fields);
        if (before) {
            show(row, answer.done ? answer : before);
        }
        refused.delete(row);
        if (answer.may_insist) {
            refused.add(row);
        }
        return { ...answer, row, before };
    }

    function act(rowsToChange, request) {
        requests = requests.then(async () => {
            const answers = [];
            for (const row of rowsToChange) {
                answers.push(await request(row));
            }
            const changed = answers.filter((answer) => answer.done && answer.before);
            if (changed.length) {
                done.push(changed.map(({ row, before }) => ({ row, before })));
            }
            const sentences = answers.map((answer) => answer.sentence);
            if (answers.some((answer) => answer.may_insist)) {
                sentences.push("Press a to place anyway.");
            }
            status.textContent = sentences.join(" ");
        });
    }

    const sort = (row, to) => change(row, `${box(row).value}/sort/${to.state}/`, {}, to);

    function place(row, fields = {}) {
        const issue = document.getElementById("backlog-issue");
        const expected = { state: "", label: `in ${issue.selectedOptions[0].text}` };
        return change(row, `${box(row).value}/place/${issue.value}/`, fields, expected);
    }

    function undo() {
        requests = requests.then(async () => {
            const sentences = [];
            for (const { row, before } of (done.pop() ?? []).reverse()) {
                const answer = await change(row, `${box(row).value}/sort/${before.state}/`, { undo: "1" }, before);
                sentences.push(answer.sentence);
            }
            status.textContent = sentences.join(" ") || "There is nothing to undo.";
        });
    }

    function press(key, row) {
        if (key in STATES) {
            const many = takeSelected();
            act(many ?? [row], (target) => sort(target, STATES[key]));
            go(row, many ? 0 : 1);
        } else if (key === "p" && document.getElementById("backlog-issue")) {
            act(takeSelected() ?? [row], (target) => place(target));
        } else if (key === "a" && refused.size) {
            act([...refused], (target) => place(target, { anyway: "1" }));
        } else if (key === "j" || key === "ArrowDown") {
            go(row, 1);
        } else if (key === "k" || key === "ArrowUp") {
            go(row, -1);
        } else if (key === "u") {
            undo();
        } else if (key === "x") {
            box(row).click();
        } else if (key === "o") {
            const link = row.querySelector("a.article-address");
            link && window.open(link.href, "_blank", "noopener,noreferrer");
        } else if (key === "e") {
            row.querySelector(".field-title a").click();
        } else if (key === "?") {
            dialog.showModal();
        } else {
            return false;
        }
        return true;
    }

    function start() {
        bar.hidden = false;
        makeCurrent(rows[0]);
        table.addEventListener("focusin", (event) => makeCurrent(event.target.closest("tr")));
        table.addEventListener("keydown", (event) => {
            const { target, key } = event;
            const isTyping = target.matches("textarea, select, input:not([type=checkbox])");
            if (isTyping || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
                return;
            }
            // A key that is held down repeats moves, and nothing else.
            if (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(key)) {
                return;
            }
            if (press(key, target.closest("tr"))) {
                event.preventDefault();
            }
        });
        document.getElementById("show-keys").addEventListener("click", () => dialog.showModal());
        dialog.querySelector("button").addEventListener("click", () => dialog.close());
    }

    if (bar && rows.length) {
        start();
    }
}
