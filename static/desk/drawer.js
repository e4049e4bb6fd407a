// The drawer of an issue's page: what waits in the backlog, to search and to place. An article that was placed becomes a row
// of the form without a reload: the row comes from the form's page, as the server renders it, and the form is then as if it
// had been opened after the placement. What is typed in other rows stays. If somebody else saved the issue meanwhile, the
// form keeps the version that it saw, so that saving shows what differs. Without this script, the link that opens the
// drawer leads to the backlog's list.
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
    const total = document.getElementById("id_articles-TOTAL_FORMS");
    const initial = document.getElementById("id_articles-INITIAL_FORMS");
    let asking = null;
    let timer = 0;
    let requests = Promise.resolve(); // Placements, one after the other.
    let unsent = 0; // Those that wait in it.

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
        unsent += 1;
        requests = requests.then(async () => {
            const answer = await place(button.value, "anyway" in button.dataset).catch(() => null);
            unsent -= 1;
            status.textContent = answer?.sentence ?? "The server could not be reached: nothing was placed.";
            if (answer?.isDone) {
                list.querySelector(`button[value="${button.value}"]`)?.closest("li").remove(); // Listed again meanwhile.
                item.remove();
                buttons().length || unsent || ask();
            } else {
                item.hidden = false;
                answer?.mayInsist && insist(button);
            }
        });
    }

    function insist(button) {
        button.dataset.anyway = "";
        button.textContent = "Place anyway";
        button.removeAttribute("aria-label");
    }

    async function place(article, isAnyway) {
        const body = new URLSearchParams({ article, ...(isAnyway && { anyway: "1" }) });
        // A sign-in in another tab changes the cookie.
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const headers = { "X-CSRFToken": token ?? form.elements.csrfmiddlewaretoken.value };
        const response = await fetch(drawer.dataset.place, { method: "POST", body, headers });
        const why = problem(response);
        if (why) {
            return { sentence: `${why} Nothing was placed.` };
        }
        const { sentence, rows, versions } = await response.json();
        if (!rows[0]?.done) {
            return { sentence, mayInsist: rows[0]?.may_insist };
        }
        const page = await load().catch(() => null);
        const added = page && add(article, page, versions);
        return { sentence: added ? [sentence, ...added].join(" ") : `${sentence} Save, to see it here.`, isDone: true };
    }

    // The form's page as it is now, not the draft that this one may show.
    async function load() {
        const response = await fetch(location.pathname, { redirect: "manual" });
        return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
    }

    // Add the row of this article. Return the messages of the page, or null if it has no such row.
    function add(article, page, [before, after]) {
        const find = (root) => root.querySelector(`#articles-group [name$="-id"][value="${article}"]`)?.closest(".inline-related");
        const made = find(page);
        if (!made || find(document)) {
            return null;
        }
        // Rows that are saved have the first indexes. The first of those that are not goes to the end.
        const index = Number(initial.value);
        const unsaved = document.getElementById(`articles-${index}`);
        unsaved && rename(unsaved, total.value);
        rename(made, index);
        initial.value = index + 1;
        total.value = Number(total.value) + 1;
        const row = document.adoptNode(made);
        row.classList.add("dynamic-articles"); // As Django's inlines.js does.
        const empty = group.querySelector(".empty-form");
        empty ? empty.before(row) : group.querySelector("fieldset").append(row);
        noteOpened(article, page);
        if (form.elements.seen.value === String(before)) {
            form.elements.seen.value = after;
        }
        updateFrame(page);
        row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: "articles" } }));
        return [...page.querySelectorAll(".messagelist li")].map((message) => message.textContent.trim());
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

    // What the form held when it was opened, by which a conflict tells who changed what: now with this row, in its place.
    function noteOpened(article, page) {
        const key = `articles-${article}`;
        const theirs = JSON.parse(page.querySelector("[name=opened]").value);
        const keys = Object.keys(theirs);
        const entries = Object.entries(JSON.parse(form.elements.opened.value || "{}"));
        const earlier = new Set(keys.slice(0, keys.indexOf(key)));
        const place = entries.findLastIndex(([other]) => earlier.has(other)) + 1;
        entries.splice(place, 0, [key, theirs[key]]);
        form.elements.opened.value = JSON.stringify(Object.fromEntries(entries));
    }

    // A placement can make a scheduled issue a draft again. The menu counts what waits.
    function updateFrame(page) {
        document.querySelector(".desk-menu").replaceWith(document.adoptNode(page.querySelector(".desk-menu")));
        const [own, other] = [document, page].map((root) => root.querySelector(".standing"));
        if (own.querySelector(".state").textContent !== other.querySelector(".state").textContent) {
            own.querySelectorAll(":scope > :not(.kept)").forEach((part) => part.remove());
            own.prepend(...other.querySelectorAll(":scope > :not(.kept)"));
            own.parentElement.querySelectorAll(":scope > input").forEach((button) => button.remove());
            own.after(...other.parentElement.querySelectorAll(":scope > input"));
        }
    }

    // Opening, choosing, closing

    function open() {
        status.textContent = "";
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
        }
    });
    list.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        button && press(button);
    });
    drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
    // What has the focus again is not below the bar.
    drawer.addEventListener("close", () => document.activeElement.scrollIntoView({ block: "nearest" }));
    document.getElementById("drawer-close").addEventListener("click", () => drawer.close());
    // The browser asks before it leaves what was not sent yet.
    window.addEventListener("beforeunload", (event) => unsent && event.preventDefault());
});
