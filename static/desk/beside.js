// What stands beside the form of an issue: preflight, and a preview on wide screens. Both follow what is typed: autosave.js
// tells what the form holds, the server builds the issue from it and saves nothing. The link of a finding moves the focus
// to its field, even if its row is closed. Without this script, preflight is of the saved issue.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const PAUSE = 800; // Milliseconds after the last change. autosave.js looks for changes each 700.
    const SHOWN = "beside-shows"; // Keys of the browser's storage: preflight or preview, and the form of the preview.
    const FORM = "beside-form";

    const beside = document.getElementById("beside");
    if (!beside) {
        return;
    }
    const isWide = matchMedia("(min-width: 75rem)"); // As in issue.css: room for one beside the form,
    const isVeryWide = matchMedia("(min-width: 105rem)"); // and for both.
    const frame = beside.querySelector("iframe");
    const panel = () => document.getElementById("preflight");
    const pressed = (name) => beside.querySelector(`button[data-${name}][aria-pressed="true"]`).dataset[name];

    // Preflight

    function showPreflight(html) {
        const made = new DOMParser().parseFromString(html, "text/html").getElementById("preflight");
        const old = panel();
        if (made.outerHTML === old.dataset.html) {
            return;
        }
        made.dataset.html = made.outerHTML;
        const focused = old.contains(document.activeElement) ? document.activeElement : null;
        const scrolled = old.scrollTop;
        for (const details of made.querySelectorAll("details")) {
            details.open = Boolean(old.querySelector("details[open]"));
        }
        old.replaceWith(made);
        made.scrollTop = scrolled;
        if (focused) {
            const same = [...made.querySelectorAll("a, summary, button")].find(
                (other) => other.localName === focused.localName && other.textContent === focused.textContent,
            );
            (same ?? made).focus({ preventScroll: true });
        }
        mark();
        count();
    }

    // Each line of the outline says how many findings it has.
    function mark() {
        const lines = new Map();
        for (const link of panel().querySelectorAll("a[data-level]")) {
            const line = document.getElementById(link.hash.slice(1))?.closest(".line, .inline-related");
            const levels = lines.get(line) ?? lines.set(line, {}).get(line);
            levels[link.dataset.level] = (levels[link.dataset.level] ?? 0) + 1;
        }
        for (const place of document.querySelectorAll(".line-findings")) {
            place.replaceChildren(...pills(lines.get(place.closest(".line, .inline-related")) ?? {}));
        }
    }

    function pills(levels) {
        return ["stop", "warning"].filter((level) => levels[level]).map((level) => {
            const pill = document.createElement("span");
            pill.className = `state ${level === "stop" ? "stop" : "warn"}`;
            pill.textContent = `${levels[level]} ${level}${levels[level] > 1 ? "s" : ""}`;
            return pill;
        });
    }

    // Say the counts aloud if they are others than before, and show them while the preview hides the panel.
    function count() {
        const place = document.getElementById("preflight-counts");
        const words = panel().querySelector("h2").textContent;
        if (place && place.textContent !== words) {
            place.textContent = words;
            const levels = {};
            for (const { dataset } of panel().querySelectorAll("a[data-level]")) {
                levels[dataset.level] = (levels[dataset.level] ?? 0) + 1;
            }
            const button = beside.querySelector("[data-shows='preflight']");
            const number = (levels.stop ?? 0) + (levels.warning ?? 0);
            const pill = document.createElement("span");
            pill.className = `state ${levels.stop ? "stop" : "warn"}`;
            pill.textContent = number;
            button.replaceChildren("Preflight", ...(number ? [pill] : []));
        }
    }

    function enter(field) {
        for (let closed = field.closest("details:not([open])"); closed; closed = closed.parentElement.closest("details:not([open])")) {
            closed.open = true;
        }
        if (field.tabIndex < 0) {
            field.tabIndex = -1;
        }
        field.focus();
        field.scrollIntoView({ block: "center" });
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest("#preflight a[href^='#']");
        const field = link && document.getElementById(link.hash.slice(1));
        if (field) {
            event.preventDefault();
            enter(field);
        }
    });

    // The preview. Its document is loaded once, with the styles and the policy of its form. What is typed replaces the body
    // only, so that nothing flickers or scrolls. No script runs in it.

    const isPreviewShown = () => isVeryWide.matches || (isWide.matches && pressed("shows") === "preview");
    let loaded = ""; // The form that the frame holds.
    let waiting = null; // HTML that came before the frame was ready.

    function loadFrame() {
        const form = pressed("as");
        if (loaded !== form && isPreviewShown()) {
            loaded = form;
            waiting = null;
            frame.parentElement.dataset.as = form;
            // Not what is saved, while something else is typed.
            frame.parentElement.classList.toggle("waiting", typed !== null);
            frame.dataset.isReady = "";
            // No entry in the browser's history.
            frame.contentWindow.location.replace(beside.querySelector(`[data-as='${form}']`).dataset.address);
            typed && ask();
        }
    }

    function showPreview(html) {
        waiting = html;
        const shown = frame.contentDocument;
        if (!frame.dataset.isReady || !shown?.body) {
            return;
        }
        // The parser of the frame, whose policy allows the styles in the elements of a mail.
        const parsed = new frame.contentWindow.DOMParser().parseFromString(html, "text/html");
        const body = shown.adoptNode(parsed.body);
        if (body.innerHTML !== shown.body.innerHTML) {
            const top = shown.scrollingElement.scrollTop;
            shown.body.replaceWith(body);
            shown.scrollingElement.scrollTop = top;
        }
        frame.parentElement.classList.remove("waiting");
    }

    frame?.addEventListener("load", () => {
        if (loaded) {
            frame.dataset.isReady = "true";
            frame.contentDocument?.addEventListener("click", (event) => event.target.closest("a") && event.preventDefault());
            waiting && showPreview(waiting);
        }
    });

    // What is typed. One request at a time: what changes meanwhile is sent when it has ended.

    let typed = null;
    let timer = 0;
    let request = null;
    let isChanged = false;

    function ask() {
        clearTimeout(timer);
        isChanged = true;
        request ?? send();
    }

    async function send() {
        isChanged = false;
        request = new AbortController();
        const { signal } = request;
        const form = isPreviewShown() ? loaded : "";
        const answer = await post(form, signal).catch(() => null);
        request = null;
        const state = beside.querySelector(".beside-state");
        state.textContent = answer || signal.aborted ? "" : "Your last changes could not be checked. This is tried again when you type.";
        if (answer) {
            showPreflight(answer.preflight);
            form && form === loaded && showPreview(answer.preview);
        }
        isChanged && answer && send();
    }

    async function post(form, signal) {
        const body = new URLSearchParams();
        for (const [name, values] of Object.entries(typed)) {
            values.forEach((value) => body.append(name, value));
        }
        const query = new URLSearchParams({ as: form, confirm: beside.dataset.pressed });
        // A sign-in in another tab changes the cookie.
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
        const headers = { "X-CSRFToken": token ?? document.querySelector("#issue_form [name=csrfmiddlewaretoken]").value };
        const options = { method: "POST", body, headers, signal, redirect: "manual" };
        const response = await fetch(`${beside.dataset.typed}?${query}`, options);
        return response.ok ? response.json() : null;
    }

    function stop() {
        clearTimeout(timer);
        isChanged = false;
        request?.abort();
    }

    // Preflight of the saved issue, until something is typed.
    async function load() {
        const response = await fetch(panel().dataset.address, { redirect: "manual" });
        if (!response.ok) {
            throw new Error(`The server answered ${response.status}.`);
        }
        const html = await response.text();
        typed ?? showPreflight(html);
    }

    if ("typed" in beside.dataset) {
        const form = document.getElementById("issue_form");
        form.addEventListener("desk:typed", (event) => {
            typed = event.detail;
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        });
        form.addEventListener("submit", stop);
        window.addEventListener("pagehide", stop);

        const choose = (button, key, name) => {
            for (const other of button.parentElement.querySelectorAll("button")) {
                other.setAttribute("aria-pressed", String(other === button));
            }
            beside.dataset.shows = pressed("shows");
            try {
                localStorage.setItem(key, button.dataset[name]);
            } catch {
                // It is not remembered: the storage is full, or forbidden.
            }
            loadFrame();
        };
        for (const [key, name] of [[SHOWN, "shows"], [FORM, "as"]]) {
            for (const button of beside.querySelectorAll(`button[data-${name}]`)) {
                button.addEventListener("click", () => choose(button, key, name));
            }
            let last = null;
            try {
                last = localStorage.getItem(key);
            } catch {
                // Nothing is remembered.
            }
            const button = beside.querySelector(`button[data-${name}='${CSS.escape(last ?? "")}']`);
            button && choose(button, key, name);
        }
        beside.dataset.shows = pressed("shows");
        isWide.addEventListener("change", loadFrame);
        isVeryWide.addEventListener("change", loadFrame);
        beside.classList.add("scripted");
        loadFrame();
    }
    mark();
    if (panel().dataset.address) {
        load().catch(() => {
            panel().querySelector("a").textContent = "The findings could not be loaded. Run preflight";
        });
    } else {
        count();
    }
});
