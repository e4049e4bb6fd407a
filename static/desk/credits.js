// Settles the rows of “Credits to look at”: see decisions.js. Each key sends one request, and the requests wait for each
// other. A row that was refused comes back and says why. Merging leaves the page: it is confirmed on one of its own.
"use strict";
{
    const form = document.getElementById("doubts");
    const status = document.getElementById("inbox-status");
    const settled = []; // To undo, oldest first: rows with the keys that they have since.

    const isPair = (row) => /^\w+s-\d+-\d+$/.test(row.dataset.key);
    const { rows, box, go, hide, bringBack } = decideOnRows(form, {
        decisions: { y: "yes", n: "no" },
        act,
        undo,
        count() {
            for (const section of form.querySelectorAll("section")) {
                section.hidden = ![...section.querySelectorAll(".inbox-list > li")].some((row) => !row.hidden);
            }
        },
        isAnsweredWithAPage: (name, some) => name === "return" || (name === "yes" && some.some(isPair)),
    });

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
}
