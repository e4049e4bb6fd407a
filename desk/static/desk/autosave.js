// Keeps what is typed: within a second in this browser, within three on the server, which offers it again. #keeping says
// for whom and where. The form is read as a whole, so that rows, their order and choices count.
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
    const { user, object, subject, form: id, settled, url, signInUrl } = about.dataset;
    const prefix = `${PREFIX}${user}:${subject}:`;
    const state = document.getElementById("kept-state");

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
            state.replaceChildren(words, " ", link); // Read aloud; the time, which changes, is not.
        }
        document.getElementById("kept-time").textContent = moment;
    }

    function store(entryId, entry) {
        try {
            localStorage.setItem(prefix + entryId, JSON.stringify(entry));
            return true;
        } catch {
            return false; // The storage is full, or forbidden.
        }
    }

    function ask(method, given, options = {}) {
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const field = form.querySelector("[name=csrfmiddlewaretoken]");
        field.value = token ?? field.value; // A sign-in in another tab changes it, and the form needs it too.
        const body = JSON.stringify({ user, object, ...given });
        const headers = { "Content-Type": "application/json", "X-CSRFToken": field.value };
        return fetch(url, { method, body, headers, redirect: "manual", ...options });
    }

    const kept = (what) => `${what} Your text is kept in this ${isKeptHere ? "browser" : "tab only"}.`;

    async function refuse(answer) {
        if (answer.type === "opaqueredirect" || answer.status === 403) {
            const link = Object.assign(document.createElement("a"), { href: signInUrl, target: "_blank", rel: "noopener" });
            link.textContent = "Sign in again in a new tab, then come back.";
            say(kept("You are signed out."), "", link);
        } else if (answer.headers.get("Content-Type")?.includes("json")) {
            say((await answer.json()).sentence);
        } else {
            say(kept(`The server answered with an error (${answer.status}).`));
        }
    }

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
                isKeptHere = store(id, { fields: last, savedAt: new Date(), isKept: isKeptThere }) || isKeptThere;
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

    function look(isTouched = touched) {
        const now = isTouched ? read() : last;
        touched = false;
        if (now !== last) {
            last = now;
            nextSend = isKeptThere ? Date.now() + SERVER_PAUSE : nextSend;
            isKeptThere = false;
            isKeptHere = store(id, { fields: last, savedAt: new Date(), isKept: false });
        }
    }

    function leave() {
        look(true);
        if (!isKeptThere && !isLeaving && new Blob([last]).size < KEEPALIVE_LIMIT) {
            isSending = false;
            send({ keepalive: true });
        }
    }

    const touch = () => (touched = true);
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
        look(true);
        isLeaving = true;
    });
    window.addEventListener("beforeunload", (event) => {
        look(true);
        if (!isLeaving && !isKeptHere && !isKeptThere) {
            event.preventDefault();
        }
    });
    about.addEventListener("click", async (event) => {
        if (event.target.matches(".discard")) {
            const panel = event.target.closest(".unsaved");
            const answer = await ask("DELETE", { form: panel.dataset.form }).catch(() => null);
            if (answer?.ok) {
                await answer.json();
                panel.remove();
                form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
            }
            say(answer?.ok ? "The draft is discarded." : "The draft could not be discarded. Try again later.");
        }
    });

    // Hands drafts that only this browser has to the server, which shows them on the next page with what differs.
    async function handOver() {
        let isNew = false;
        for (const name of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
            const entry = JSON.parse(localStorage.getItem(name));
            const isOwn = name === prefix + id;
            if (isOwn ? entry.isKept || !("draft" in about.dataset) : !name.startsWith(prefix)) {
                Date.now() - Date.parse(entry.savedAt) > MAX_AGE && localStorage.removeItem(name);
                continue;
            }
            let form = name.slice(prefix.length);
            if (isOwn) {
                // Typed after the server last heard of the draft that this page shows: a draft of its own.
                form = crypto.randomUUID();
                store(form, entry);
            }
            if (!entry.isKept && !settled.split(" ").includes(form)) {
                const age = Math.round((Date.now() - Date.parse(entry.savedAt)) / 1000);
                const answer = await ask("POST", { form, fields: JSON.parse(entry.fields), age });
                if (!answer.ok) {
                    return refuse(answer);
                }
                await answer.json();
                isNew = true;
            }
            localStorage.removeItem(name);
            localStorage.removeItem(prefix + form);
        }
        if (isNew && !("unsaved" in about.dataset) && read() === last) {
            location.reload();
        }
    }
    handOver().catch(() => say("Drafts in this browser cannot be offered now. Open this form again later."));
});
