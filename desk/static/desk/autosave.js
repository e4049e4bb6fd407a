// Keeps what is typed: first in this browser, within a second, then on the server; and offers what only this browser
// has. #keeping says for whom and where. The form is read as a whole, so that rows, their order and choices count.
"use strict";
window.addEventListener("load", () => {
    const LOCAL_PAUSE = 700; // Milliseconds.
    const SERVER_PAUSE = 3000;
    const MAX_AGE = 30 * 24 * 60 * 60 * 1000;
    const KEEPALIVE_LIMIT = 60_000; // Bytes: browsers refuse more than 64 kB of a page that is going.
    const PREFIX = "unsaved:";

    const about = document.getElementById("keeping");
    const form = document.querySelector("#content-main form[id$=_form]");
    if (!about || !form) {
        return;
    }
    const { user, object, subject, form: id, settled } = about.dataset;
    const key = `${PREFIX}${user}:${subject}:${id}`;
    const state = document.getElementById("kept-state");
    const time = document.getElementById("kept-time");

    let touched = "unsaved" in about.dataset;
    let last = touched ? null : read();
    const opened = last;
    let isKeptHere = true;
    let isKeptThere = true;
    let isSending = false;
    let isLeaving = false;
    let nextSend = 0;

    function read() {
        const fields = {};
        for (const [name, value] of new FormData(form)) {
            if (typeof value === "string" && !/^_|^csrfmiddlewaretoken$|^choice-|(^|-)action$|__prefix__/.test(name)) {
                (fields[name] ??= []).push(value);
            }
        }
        return JSON.stringify(fields);
    }

    function say(words, moment = "", link = null) {
        if (state.firstChild?.textContent !== words) {
            state.replaceChildren(words);
            if (link) {
                state.append(" ", link);
            }
        }
        time.textContent = moment;
    }

    // This browser

    function write(isKept) {
        const entry = { fields: last, savedAt: new Date().toISOString(), isKept };
        try {
            localStorage.setItem(key, JSON.stringify(entry));
            return true;
        } catch {
            return false; // Full, or forbidden.
        }
    }

    function entries() {
        const found = [];
        try {
            for (const name of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
                const entry = JSON.parse(localStorage.getItem(name));
                if (!(Date.now() - Date.parse(entry.savedAt) < MAX_AGE)) {
                    localStorage.removeItem(name);
                } else if (name.startsWith(`${PREFIX}${user}:${subject}:`)) {
                    found.push({ ...entry, name, id: name.split(":").at(-1) });
                }
            }
        } catch {
            say("This browser keeps nothing for this site.");
        }
        return found;
    }

    function forget(name) {
        try {
            localStorage.removeItem(name);
        } catch {
            // Where it is forbidden, nothing was kept.
        }
    }

    // The server

    function post(url, more, options = {}) {
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const field = form.querySelector("[name=csrfmiddlewaretoken]");
        if (token) {
            field.value = token; // It is another after a new sign-in in another tab; the form needs it, too.
        }
        return fetch(url, {
            method: "POST",
            body: JSON.stringify({ user, object, ...more }),
            headers: { "Content-Type": "application/json", "X-CSRFToken": field.value },
            redirect: "manual",
            ...options,
        });
    }

    async function send(options = {}) {
        if (isKeptThere || isSending) {
            return;
        }
        isSending = true;
        nextSend = Date.now() + SERVER_PAUSE;
        const sent = last;
        try {
            const answer = await post(about.dataset.keepUrl, { form: id, fields: JSON.parse(sent) }, options);
            if (answer.ok) {
                await answer.json(); // Until it is read, the request counts as under way.
                isKeptThere = sent === last;
                isKeptHere = write(isKeptThere) || isKeptThere;
                say("Saved as you type", `at ${new Date().toTimeString().slice(0, 5)}.`);
            } else {
                await refuse(answer);
            }
        } catch {
            say(kept("The server cannot be reached"));
        } finally {
            isSending = false;
        }
    }

    const kept = (what) => `${what}: your words are kept in this ${isKeptHere ? "browser" : "tab only"}.`;

    async function refuse(answer) {
        if (answer.type === "opaqueredirect" || answer.status === 403) {
            const link = document.createElement("a");
            link.href = about.dataset.signInUrl;
            link.target = "_blank";
            link.rel = "noopener";
            link.textContent = "Sign in again in a new tab, then come back.";
            say(kept("You are not signed in any more"), "", link);
        } else if (answer.headers.get("Content-Type")?.includes("json")) {
            say((await answer.json()).sentence);
        } else {
            say(kept(`The server answered ${answer.status}`));
        }
        nextSend = Date.now() + 4 * SERVER_PAUSE;
    }

    function discard() {
        forget(key);
        isKeptThere = isKeptHere = true;
        post(about.dataset.discardUrl, { form: id, fields: {}, isAlive: true }).catch(() => {});
        say("");
    }

    // Watching

    function look() {
        if (touched) {
            touched = false;
            const now = read();
            if (now !== last) {
                last = now;
                isKeptThere = false;
                isKeptHere = write(false);
            }
        }
    }

    function tick() {
        look();
        if (!isKeptThere && Date.now() >= nextSend) {
            send();
        }
    }

    function leave() {
        touched = true;
        look();
        if (!isKeptThere && !isLeaving && new Blob([last]).size < KEEPALIVE_LIMIT) {
            isSending = false;
            send({ keepalive: true });
        }
    }

    const touch = () => {
        if (!touched && isKeptThere) {
            nextSend = Date.now() + SERVER_PAUSE;
        }
        touched = true;
    };
    for (const kind of ["input", "change", "click", "keydown", "drop", "dragend"]) {
        document.addEventListener(kind, touch, true);
    }
    window.addEventListener("focus", touch); // A window in which an author was added is closed.
    setInterval(tick, LOCAL_PAUSE);
    window.addEventListener("online", () => (nextSend = 0));
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
    form.addEventListener("submit", () => {
        touched = true;
        look();
        isLeaving = true;
    });
    window.addEventListener("beforeunload", (event) => {
        touched = true;
        look();
        if (!isLeaving && !isKeptHere && !isKeptThere) {
            event.preventDefault();
        }
    });

    // What was left

    async function offer(entry) {
        const given = { form: entry.id, fields: JSON.parse(entry.fields), saved_at: entry.savedAt };
        try {
            const answer = await post(about.dataset.compareUrl, given);
            const html = answer.ok ? (await answer.text()).trim() : null;
            if (html === "") {
                forget(entry.name);
            } else if (html !== null) {
                const panel = document.createElement("template");
                panel.innerHTML = html; // Of this site, which escapes the words.
                about.querySelector(`[data-form="${entry.id}"]`)?.remove(); // Sent before the last words were typed.
                const after = [...about.querySelectorAll(".unsaved")].find(
                    (other) => Date.parse(other.dataset.savedAt) < Date.parse(entry.savedAt),
                );
                about.insertBefore(panel.content, after ?? null);
            }
        } catch {
            say("Unsaved words of yours are in this browser; they are offered when the server can be reached.");
        }
    }

    about.addEventListener("click", async (event) => {
        if (!event.target.matches(".throw-away")) {
            return;
        }
        const panel = event.target.closest(".unsaved");
        const answer = await post(about.dataset.discardUrl, { form: panel.dataset.form, fields: {} }).catch(() => null);
        if (answer?.ok) {
            forget(`${PREFIX}${user}:${subject}:${panel.dataset.form}`);
            panel.remove();
            say("Thrown away.");
            form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
        } else {
            say("They could not be thrown away: the server cannot be reached.");
        }
    });

    for (const entry of entries().filter((entry) => entry.id !== id)) {
        if (settled.split(" ").includes(entry.id) || entry.isKept) {
            forget(entry.name); // Saved, thrown away, or with the server, which shows it.
        } else {
            offer(entry);
        }
    }
    if (touched) {
        tick();
    }
});
