// Keeps what is typed, within a second in this browser and within three on the server, and offers what only this browser
// has. #keeping says for whom and where. The form is read as a whole, so that rows, their order and choices count.
"use strict";
window.addEventListener("load", () => {
    const LOCAL_PAUSE = 700; // Milliseconds, as all times here.
    const SERVER_PAUSE = 3000;
    const MAX_AGE = 30 * 24 * 60 * 60 * 1000;
    const KEEPALIVE_LIMIT = 60_000; // Bytes. Browsers send no more than 64 kB for a page that is being left.
    const PREFIX = "unsaved:";

    const about = document.getElementById("keeping");
    const form = document.querySelector("#content-main form[id$=_form]");
    if (!about || !form) {
        return;
    }
    const { user, object, subject, form: id, settled, url } = about.dataset;
    const prefix = `${PREFIX}${user}:${subject}:`;
    const state = document.getElementById("kept-state");
    const time = document.getElementById("kept-time");

    let touched = "unsaved" in about.dataset;
    let last = touched ? null : read();
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

    function say(words, moment = "", link = "") {
        if (state.firstChild?.textContent !== words) {
            state.replaceChildren(words, " ", link);
        }
        time.textContent = moment;
    }

    // This browser

    function write(isKept) {
        try {
            localStorage.setItem(prefix + id, JSON.stringify({ fields: last, savedAt: new Date().toISOString(), isKept }));
            return true;
        } catch {
            return false; // The storage is full, or forbidden.
        }
    }

    function entries() {
        const found = [];
        try {
            for (const name of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
                const entry = JSON.parse(localStorage.getItem(name));
                if (!(Date.now() - Date.parse(entry.savedAt) < MAX_AGE)) {
                    localStorage.removeItem(name);
                } else if (name.startsWith(prefix)) {
                    found.push({ ...entry, name, id: name.slice(prefix.length) });
                }
            }
        } catch {
            say("This browser does not let this site store anything.");
        }
        return found;
    }

    // The server

    function ask(method, given, options = {}) {
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const field = form.querySelector("[name=csrfmiddlewaretoken]");
        field.value = token ?? field.value; // A sign-in in another tab changes it, and the form needs it too.
        const body = JSON.stringify({ user, object, ...given });
        const headers = { "Content-Type": "application/json", "X-CSRFToken": field.value };
        return fetch(url, { method, body, headers, redirect: "manual", ...options });
    }

    const kept = (what) => `${what} Your text is kept in this ${isKeptHere ? "browser" : "tab only"}.`;

    async function send(options = {}) {
        if (isKeptThere || isSending) {
            return;
        }
        isSending = true;
        nextSend = Date.now() + SERVER_PAUSE;
        const sent = last;
        try {
            const answer = await ask("POST", { form: id, fields: JSON.parse(sent) }, options);
            if (answer.ok) {
                await answer.json(); // Until it is read, the request counts as under way.
                isKeptThere = sent === last;
                isKeptHere = write(isKeptThere) || isKeptThere;
                say("Saved as you type", `at ${new Date().toTimeString().slice(0, 5)}.`);
            } else {
                nextSend += 3 * SERVER_PAUSE;
                await refuse(answer);
            }
        } catch {
            say(kept("The server cannot be reached."));
        } finally {
            isSending = false;
        }
    }

    async function refuse(answer) {
        if (answer.type === "opaqueredirect" || answer.status === 403) {
            const link = Object.assign(document.createElement("a"), { target: "_blank", rel: "noopener" });
            link.href = about.dataset.signInUrl;
            link.textContent = "Sign in again in a new tab, then come back.";
            say(kept("You are signed out."), "", link);
        } else if (answer.headers.get("Content-Type")?.includes("json")) {
            say((await answer.json()).sentence);
        } else {
            say(kept(`The server answered with an error (${answer.status}).`));
        }
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

    function leave() {
        touched = true;
        look();
        if (!isKeptThere && !isLeaving && new Blob([last]).size < KEEPALIVE_LIMIT) {
            isSending = false;
            send({ keepalive: true });
        }
    }

    function touch() {
        if (!touched && isKeptThere) {
            nextSend = Date.now() + SERVER_PAUSE;
        }
        touched = true;
    }

    function watch() {
        for (const kind of ["input", "change", "click", "keydown", "drop", "dragend"]) {
            document.addEventListener(kind, touch, true);
        }
        window.addEventListener("focus", touch); // A window in which an author was added is closed.
        setInterval(() => {
            look();
            if (Date.now() >= nextSend) {
                send();
            }
        }, LOCAL_PAUSE);
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
    }

    // What was left

    // The server keeps it from now on, and answers with a panel unless it says what is saved.
    async function offer(entry) {
        const fields = JSON.parse(entry.fields);
        const answer = await ask("POST", { form: entry.id, fields, saved_at: entry.savedAt, show: true });
        if (!answer.ok) {
            return refuse(answer);
        }
        const html = (await answer.json()).panel;
        localStorage.removeItem(entry.name);
        about.querySelector(`[data-form="${entry.id}"]`)?.remove(); // Made before the last words were typed.
        const after = [...about.querySelectorAll(".unsaved")].find(
            (other) => Date.parse(other.dataset.savedAt) < Date.parse(entry.savedAt),
        );
        const panel = document.createElement("template");
        panel.innerHTML = html; // Of this site, which escapes the words.
        about.insertBefore(panel.content, after ?? null);
    }

    about.addEventListener("click", async (event) => {
        if (!event.target.matches(".discard")) {
            return;
        }
        const panel = event.target.closest(".unsaved");
        const answer = await ask("DELETE", { form: panel.dataset.form }).catch(() => null);
        if (answer?.ok) {
            await answer.json();
            panel.remove();
            say("The draft is discarded.");
            form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
        } else {
            say("The draft could not be discarded: the server cannot be reached.");
        }
    });

    watch();
    for (const entry of entries()) {
        if (entry.id === id && "draft" in about.dataset && !entry.isKept) {
            // Typed after the server last heard of the draft that this page shows: a draft of its own.
            entry.id = crypto.randomUUID();
            entry.name = prefix + entry.id;
            localStorage.setItem(entry.name, JSON.stringify(entry));
        }
        if (settled.split(" ").includes(entry.id) || (entry.isKept && entry.id !== id)) {
            localStorage.removeItem(entry.name); // Saved, discarded, or with the server, which shows it.
        } else if (entry.id !== id) {
            offer(entry).catch(() => say("A draft in this browser will be offered when the server can be reached."));
        }
    }
});
