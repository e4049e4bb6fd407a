// The drawer of an issue's page: what waits in the backlog, to search and to place. An article that was placed becomes a row
// of the form without a reload: the server answers with the row, and the form is then as if it had been opened after the
// placement. Undo takes the row out again, unless something was typed in it. What is typed in other rows stays. If somebody
// else saved the issue meanwhile, the form keeps the version that it saw, so that saving shows what differs. Without this
// script, the link that opens the drawer leads to the backlog's list.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const PAUSE = 150; // Milliseconds after the last letter.
    const NAMING = ["id", "name", "for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant"];

    const drawer = document.getElementById("drawer");
    const opener = document.getElementById("open-drawer");
    if (!drawer || !opener) {
        return;
    }
    const form = document.getElementById("issue_form");
    const group = document.getElementById("articles-group");
    const words = document.getElementById("drawer-words");
    const list = document.getElementById("drawer-list");
    const status = document.getElementById("drawer-status");
    const undoButton = document.getElementById("drawer-undo");
    const total = document.getElementById("id_articles-TOTAL_FORMS");
    const initial = document.getElementById("id_articles-INITIAL_FORMS");
    let asking = null;
    let timer = 0;
    const placed = []; // To undo, oldest first.

    // The list

    async function ask() {
        asking?.abort();
        asking = new AbortController();
        const query = new URLSearchParams({ q: words.value });
        list.setAttribute("aria-busy", "true");
        try {
            const response = await fetch(`${drawer.dataset.waiting}?${query}`, { signal: asking.signal });
            list.textContent = problem(response);
            if (!list.textContent) {
                list.innerHTML = await response.text(); // Escaped by the server.
            }
        } catch (error) {
            if (error.name === "AbortError") {
                return;
            }
            list.textContent = "The server could not be reached.";
        }
        list.removeAttribute("aria-busy");
    }

    function problem(response) {
        return response.redirected ? "You are signed out." : response.ok ? "" : `The server answered ${response.status}.`;
    }

    const buttons = () => [...list.querySelectorAll("li:not([hidden]) button")];

    function go(step) {
        const all = buttons();
        const next = all.indexOf(document.activeElement) + step;
        (all[next] ?? (next < 0 ? words : all.at(-1)))?.focus();
    }

    // Placing

    function press(button) {
        const all = buttons();
        const next = all[all.indexOf(button) + 1] ?? all[all.indexOf(button) - 1] ?? words;
        const item = button.closest("li");
        item.hidden = true;
        next.focus();
        const article = button.value;
        inTurn(async () => {
            const isAnyway = "anyway" in button.dataset;
            const answer = await postInTurn(drawer.dataset.place, { article, form: "", ...(isAnyway && { anyway: "1" }) });
            if (answer.rows[0]?.done) {
                list.querySelector(`button[value="${article}"]`)?.closest("li").remove(); // Listed again meanwhile.
                item.remove();
                const row = add(article, answer);
                row && placed.push({ article, state: button.dataset.state, row, held: wordsOf(row) });
                await follow(answer, -1, row ? "" : "Save, to see it here.");
                list.querySelector("li") || ask();
            } else {
                status.textContent = answer.sentence;
                item.hidden = false;
                answer.rows[0]?.may_insist && insist(button);
            }
            undoButton.hidden = !placed.length;
        });
    }

    // What was placed last goes back to where it was. What was typed in its row is not thrown away.
    function undo() {
        inTurn(async () => {
            const last = placed.pop();
            undoButton.hidden = !placed.length;
            if (!last?.row.isConnected) {
                status.textContent = "There is nothing to undo.";
            } else if (wordsOf(last.row) !== last.held) {
                placed.push(last);
                undoButton.hidden = false;
                status.textContent = "You have changed its row since: open the row, and send it back to the backlog there.";
            } else {
                const fields = { article: last.article, undo: "1", form: "" };
                const answer = await postInTurn(`${drawer.dataset.list}sort/${last.state}/`, fields);
                if (!answer.rows[0]?.done) {
                    placed.push(last); // To be tried again.
                    undoButton.hidden = false;
                    status.textContent = answer.sentence;
                    return;
                }
                takeOut(last, answer);
                await follow(answer, 1);
                const isInList = document.activeElement !== words;
                await ask();
                isInList && (list.querySelector(`button[value="${last.article}"]`) ?? words).focus();
            }
        });
    }

    const wordsOf = (row) =>
        JSON.stringify([...row.querySelectorAll("[name]:not([name$=-order], [name$=-section])")].map((field) => [field.value, field.checked]));

    function insist(button) {
        button.dataset.anyway = "";
        button.textContent = "Place anyway";
        button.removeAttribute("aria-label");
    }

    // Add the row of this article. Return it, or null if the form has it already.
    function add(article, { row: made, issue }) {
        if (group.querySelector(`[name$="-id"][value="${article}"]`)) {
            return null;
        }
        const row = document.adoptNode(new DOMParser().parseFromString(made.html, "text/html").getElementById("articles-0"));
        // Rows that are saved have the first indexes. The first of those that are not goes to the end.
        const index = Number(initial.value);
        move(index, total.value);
        rename(row, index);
        initial.value = index + 1;
        total.value = Number(total.value) + 1;
        row.classList.add("dynamic-articles"); // As Django's inlines.js does.
        const empty = group.querySelector(".empty-form");
        empty ? empty.before(row) : group.querySelector("fieldset").append(row);
        noteOpened(article, JSON.parse(made.opened));
        noteVersion(issue);
        row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: "articles" } }));
        return row;
    }

    // The last saved row and the last of all fill the gaps, so that the indexes have none.
    function takeOut({ article, row }, { issue }) {
        const index = Number(row.id.match(/\d+$/)[0]);
        row.remove();
        initial.value -= 1;
        total.value -= 1;
        move(initial.value, index);
        move(total.value, initial.value);
        const opened = JSON.parse(form.elements.opened.value || "{}");
        delete opened[`articles-${article}`];
        form.elements.opened.value = JSON.stringify(opened);
        noteVersion(issue);
        group.dispatchEvent(new CustomEvent("formset:removed", { bubbles: true, detail: { formsetName: "articles" } }));
    }

    function move(index, to) {
        const row = document.getElementById(`articles-${index}`);
        row && rename(row, to);
    }

    function rename(row, index) {
        const own = new RegExp(`${row.id}(?![0-9])`, "g");
        for (const element of [row, ...row.querySelectorAll("*")]) {
            for (const name of NAMING) {
                const value = element.getAttribute(name);
                value && element.setAttribute(name, value.replace(own, `articles-${index}`));
            }
        }
    }

    // What the form held when it was opened, by which a conflict tells who changed what: now with this row, last in its
    // section.
    function noteOpened(article, values) {
        const key = `articles-${article}`;
        const entries = Object.entries(JSON.parse(form.elements.opened.value || "{}"));
        const section = (row) => row.section?.[0] ?? "";
        const last = entries.findLastIndex(([, other]) => section(other) <= section(values[key]));
        entries.splice(last + 1, 0, [key, values[key]]);
        form.elements.opened.value = JSON.stringify(Object.fromEntries(entries));
    }

    function noteVersion({ versions: [before, after] }) {
        if (form.elements.seen.value === String(before)) {
            form.elements.seen.value = after;
        }
    }

    // Say what was done. The menu counts what waits, and a change can make a scheduled issue a draft again: only then is the
    // page loaded, for its bar and its messages.
    async function follow({ sentence, issue }, change, more = "") {
        const count = document.querySelector(`.desk-menu a[href="${drawer.dataset.list}"] .count`);
        count && (count.textContent = Number(count.textContent) + change);
        const sentences = [sentence, more];
        if (issue && document.querySelector(".standing .state").textContent !== issue.state) {
            const response = await fetch(location.pathname, { redirect: "manual" }).catch(() => null);
            if (response?.ok) {
                const page = new DOMParser().parseFromString(await response.text(), "text/html");
                showBar(page);
                sentences.push(...[...page.querySelectorAll(".messagelist li")].map((message) => message.textContent.trim()));
            }
        }
        status.textContent = sentences.filter(Boolean).join(" ");
    }

    function showBar(page) {
        const [own, other] = [document, page].map((root) => root.querySelector(".standing"));
        own.querySelectorAll(":scope > :not(.kept)").forEach((part) => part.remove());
        own.prepend(...other.querySelectorAll(":scope > :not(.kept)"));
        own.parentElement.querySelectorAll(":scope > :is(input, button)").forEach((button) => button.remove());
        own.after(...other.parentElement.querySelectorAll(":scope > :is(input, button)"));
    }

    // Opening, choosing, closing

    function open() {
        status.textContent = "";
        undoButton.hidden = !placed.length;
        drawer.showModal();
        words.select();
        ask();
    }

    opener.setAttribute("role", "button");
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            open();
        }
    });
    opener.addEventListener("keydown", (event) => event.key === " " && (event.preventDefault(), open()));
    document.addEventListener("keydown", (event) => {
        // On a Mac, Alt with a letter types another sign.
        const isKey = event.key.toLowerCase() === "a" || (!/^[a-z]$/i.test(event.key) && event.code === "KeyA");
        if (isKey && event.altKey && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) {
            event.preventDefault();
            open();
        }
    });
    words.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(ask, PAUSE);
    });
    drawer.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? (event.key === "Enter" && event.target === words ? 1 : 0);
        if (step) {
            event.preventDefault();
            go(step);
        } else if (event.key === "Enter" && event.repeat) {
            event.preventDefault(); // A key that is held down places one article.
        } else if (event.key === "u" && event.target !== words && isKeyOfRow(event)) {
            undo();
        }
    });
    list.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        button && press(button);
    });
    undoButton.addEventListener("click", undo);
    drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
    // What has the focus again is not below the bar.
    drawer.addEventListener("close", () => document.activeElement.scrollIntoView({ block: "nearest" }));
    document.getElementById("drawer-close").addEventListener("click", () => drawer.close());
});
