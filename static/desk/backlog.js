// Sorts the backlog with keys. They work while a row of the list has the focus (WCAG 2.1.4), as it has when the page
// opens, and never in a field. Each key sends one request, for all its rows. The rows and the issue are those of the
// moment in which it was pressed. If it is refused, the reason is shown and the row is restored. Without this script,
// the actions above the list do the same.
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
    const refused = new Map(); // Rows that can be placed anyway, each with its issue.

    const box = (row) => row.querySelector(".action-select");

    // Deselect the selected rows and return them, or null if there are none.
    function takeSelected() {
        const selected = rows.filter((row) => box(row).checked);
        selected.forEach((row) => box(row).click());
        return selected.length ? selected : null;
    }

    function go(row, step) {
        const next = rows[rows.indexOf(row) + step];
        next && enterRow(next);
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

    // Show the expected state at once, and restore the rows that are refused. Return the changes and a sentence.
    async function change(targets, path, fields, expected, issue) {
        const before = new Map(targets.map((row) => [row, shown(row)]));
        targets.forEach((row) => before.get(row) && show(row, expected));
        const keys = targets.map((row) => ["article", box(row).value]);
        const answer = await postInTurn(bar.dataset.list + path, [...keys, ...fields]);
        const answers = new Map(answer.rows.map((one) => [String(one.article), one]));
        const changes = [];
        for (const row of targets) {
            const one = answers.get(box(row).value);
            if (before.get(row)) {
                show(row, one?.done ? one : before.get(row));
                one?.done && changes.push({ row, before: before.get(row) });
            }
            refused.delete(row);
            if (one?.may_insist) {
                refused.set(row, issue);
            }
        }
        return { changes, sentence: answer.sentence };
    }

    function act(...args) {
        inTurn(async () => {
            const { changes, sentence } = await change(...args);
            changes.length && done.push(changes);
            status.textContent = refused.size ? `${sentence} Press a to place anyway.` : sentence;
        });
    }

    const sort = (targets, to) => act(targets, `sort/${to.state}/`, [], to);

    function place(targets, issue, fields = []) {
        act(targets, `place/${issue.key}/`, fields, { state: "", label: `in ${issue.name}` }, issue);
    }

    function insist() {
        for (const issue of new Set(refused.values())) {
            const targets = [...refused.keys()].filter((row) => refused.get(row) === issue);
            place(targets, issue, [["anyway", "1"]]);
        }
    }

    // Undo the last change that was asked for before. One request for each state that its rows had.
    function undo() {
        inTurn(async () => {
            const changes = done.pop() ?? [];
            const sentences = [];
            for (const state of new Set(changes.map(({ before }) => before.state))) {
                const some = changes.filter(({ before }) => before.state === state);
                const targets = some.map(({ row }) => row);
                const answer = await change(targets, `sort/${state}/`, [["undo", "1"]], some[0].before);
                sentences.push(answer.sentence);
            }
            status.textContent = sentences.join(" ") || "There is nothing to undo.";
        });
    }

    function press(key, row) {
        if (key in STATES) {
            const many = takeSelected();
            sort(many ?? [row], STATES[key]);
            go(row, many ? 0 : 1);
        } else if (key === "p" && document.getElementById("backlog-issue")) {
            const [option] = document.getElementById("backlog-issue").selectedOptions;
            place(takeSelected() ?? [row], { key: option.value, name: option.text });
        } else if (key === "a" && refused.size) {
            insist();
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
            row.querySelector(".field-subject a").click();
        } else if (key === "?") {
            dialog.showModal();
        } else {
            return false;
        }
        return true;
    }

    function start() {
        bar.hidden = false;
        makeCurrent(rows, rows[0]);
        if (document.activeElement === document.body) {
            rows[0].focus({ preventScroll: true });
        }
        table.addEventListener("focusin", (event) => makeCurrent(rows, event.target.closest("tr")));
        table.addEventListener("keydown", (event) => {
            const { target, key } = event;
            const isTyping = target.matches("textarea, select, input:not([type=checkbox])");
            if (!isTyping && isKeyOfRow(event) && press(key, target.closest("tr"))) {
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
