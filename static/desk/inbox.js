// Decides on the rows of the inbox: see decisions.js. What a key was pressed for is fixed at that moment; each sends one
// request, and the requests wait for each other. A row that is refused says why; it comes back if it still waits for a
// decision, and stays away if somebody else has decided on it.
"use strict";
{
    const form = document.getElementById("inbox");
    const status = document.getElementById("inbox-status");
    const decided = []; // To undo, oldest first: each decision with its rows.

    const { shown, go, hide, bringBack } = decideOnRows(form, {
        decisions: { s: "shortlist", b: "backlog", d: "decline" },
        act,
        undo,
        count(change) {
            for (const number of document.querySelectorAll(".desk-menu [aria-current] .count")) {
                number.textContent = Math.max(0, Number(number.textContent) + change);
            }
        },
    });

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
}
