// Keeps what is typed: within a second in this browser, within three on the server, which offers it again. #keeping says
// for whom and where. The form is read as a whole each time, so that rows, their order and choices count.
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
    const { user, object, subject, form: id, url, signInUrl } = about.dataset;
    const prefix = `${PREFIX}${user}:${subject}:`;
    const state = document.getElementById("kept-state");

    let last = "unsaved" in about.dataset ? null : read();
    let isKeptHere = true;
    let isKeptThere = true;
    let isSending = false;
    let nextSend = 0;
    let isLeaving = false;
    "draft" in about.dataset && tell(last);

    function read() {
        const fields = {};
        for (const [name, value] of new FormData(form)) {
            if (typeof value === "string" && !/^_|^csrfmiddlewaretoken$|^choice-|(^|-)action$|__prefix__/.test(name)) {
                (fields[name] ??= []).push(value);
            }
        }
        return JSON.stringify(fields);
    }

    // Other scripts of the page follow what is typed by this event.
    function tell(fields) {
        form.dispatchEvent(new CustomEvent("desk:typed", { detail: JSON.parse(fields) }));
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

    // Returns what the server answers. If it does not do what it is asked for, says why and returns null.
    async function ask(method, given, options = {}) {
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const field = form.querySelector("[name=csrfmiddlewaretoken]");
        field.value = token ?? field.value; // A sign-in in another tab changes it, and the form needs it too.
        const body = JSON.stringify({ user, object, ...given });
        const headers = { "Content-Type": "application/json", "X-CSRFToken": field.value };
        const answer = await fetch(url, { method, body, headers, redirect: "manual", ...options }).catch(() => null);
        const said = await answer?.json().catch(() => null); // Until it is read, the request counts as under way.
        if (answer?.ok && said) {
            return said;
        }
        const kept = `Your text is kept in this ${isKeptHere ? "browser" : "tab only"}.`;
        if (!answer) {
            say(`The server cannot be reached. ${kept}`);
        } else if (answer.type === "opaqueredirect" || answer.status === 403) {
            const link = Object.assign(document.createElement("a"), { href: signInUrl, target: "_blank", rel: "noopener" });
            link.textContent = "Sign in again in a new tab, then come back.";
            say(`You are signed out. ${kept}`, "", link);
        } else {
            say(said?.sentence ?? `The server answered with an error (${answer.status}). ${kept}`);
        }
        return null;
    }

    async function send(options = {}) {
        if (isKeptThere || isSending) {
            return;
        }
        isSending = true;
        nextSend = Date.now() + SERVER_PAUSE;
        const sent = last;
        if (await ask("POST", { form: id, fields: JSON.parse(sent) }, options)) {
            isKeptThere = sent === last;
            isKeptHere = store(id, { fields: last, savedAt: new Date(), isKept: isKeptThere }) || isKeptThere;
            say("Saved as you type", `at ${new Date().toTimeString().slice(0, 5)}.`);
        } else {
            nextSend += 3 * SERVER_PAUSE;
        }
        isSending = false;
    }

    function look() {
        const now = read();
        if (now !== last) {
            last = now;
            tell(now);
            nextSend = isKeptThere ? Date.now() + SERVER_PAUSE : nextSend;
            isKeptThere = false;
            isKeptHere = store(id, { fields: last, savedAt: new Date(), isKept: false });
        }
    }

    function leave() {
        look();
        if (new Blob([last]).size < KEEPALIVE_LIMIT) {
            isSending = false;
            send({ keepalive: true });
        }
    }

    setInterval(() => {
        look();
        Date.now() >= nextSend && send();
    }, LOCAL_PAUSE);
    window.addEventListener("online", () => (nextSend = 0));
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
    form.addEventListener("submit", () => {
        look();
        isKeptThere = true; // The server gets it now.
    });
    window.addEventListener("beforeunload", (event) => {
        isLeaving = true;
        look();
        !isKeptHere && !isKeptThere && event.preventDefault();
    });
    about.addEventListener("click", async (event) => {
        const panel = event.target.closest(".unsaved");
        if (event.target.matches(".discard") && (await ask("DELETE", { form: panel.dataset.form }))) {
            panel.remove();
            form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
            say("The draft is discarded.");
        }
    });

    // Hands drafts that only this browser has to the server, which shows them on the next page with what differs.
    async function handOver() {
        let isNew = false;
        for (const name of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
            const entry = JSON.parse(localStorage.getItem(name));
            const age = Date.now() - Date.parse(entry.savedAt);
            const isOwn = name === prefix + id;
            if (isOwn ? entry.isKept || !("draft" in about.dataset) : !name.startsWith(prefix)) {
                age > MAX_AGE && localStorage.removeItem(name);
                continue;
            }
            // What was typed here after the server last heard of the draft that this page shows is another draft.
            const draft = isOwn ? crypto.randomUUID() : name.slice(prefix.length);
            store(draft, entry);
            if (!entry.isKept) {
                const given = { form: draft, fields: JSON.parse(entry.fields), age: Math.round(age / 1000) };
                const said = await ask("POST", given);
                if (!said) {
                    return;
                }
                isNew ||= said.isKept;
            }
            localStorage.removeItem(name);
            localStorage.removeItem(prefix + draft);
        }
        // A reload would call off the link that was clicked meanwhile.
        if (isNew && !isLeaving && !("unsaved" in about.dataset) && read() === last) {
            location.reload();
        }
    }
    handOver().catch(() => say("Drafts in this browser cannot be offered now. Open this form again later."));
});
