// The desk's frame: the box for finding (Ctrl-K or Cmd-K), the keys of the page (?), and times that run. Without this
// script the box is a page of its own, and the times stand.
"use strict";
{
    const finder = document.getElementById("find");
    const words = document.getElementById("find-words");
    const results = document.getElementById("find-results");
    const keys = document.querySelector("dialog.key-list") ?? document.getElementById("keys");
    const PAUSE = 150; // Milliseconds after the last letter.
    let asking = null;
    let timer = 0;
    let shown = null; // The words whose results are shown.

    async function ask() {
        asking?.abort();
        asking = new AbortController();
        const asked = words.value;
        const address = new URL(words.form.action);
        address.search = new URLSearchParams({ q: asked, part: "1" });
        try {
            const response = await fetch(address, { signal: asking.signal });
            if (response.redirected) {
                results.textContent = "You are signed out.";
            } else if (response.ok) {
                results.innerHTML = await response.text(); // Escaped by the server.
                shown = asked;
            } else {
                results.textContent = `The server answered ${response.status}. Try again in a moment.`;
            }
        } catch (error) {
            if (error.name !== "AbortError") {
                results.textContent = "The server could not be reached.";
            }
        }
    }

    function move(step) {
        const links = [...results.querySelectorAll("a")];
        const next = links.indexOf(document.activeElement) + step;
        (links[next] ?? (next < 0 ? words : links.at(-1)))?.focus();
    }

    function startFinder() {
        const open = (event) => {
            event.preventDefault();
            if (!finder.open) {
                finder.showModal();
                words.select();
                ask();
            }
        };
        document.querySelector("#header .find").addEventListener("click", open);
        document.addEventListener("keydown", (event) => {
            if (isCommand(event, "k") && !event.defaultPrevented) {
                open(event);
            }
        });
        words.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        });
        // Enter opens the first result, and waits for it. If there is none, the page of results says so.
        let isOpening = false;
        words.form.addEventListener("submit", async (event) => {
            event.preventDefault();
            if (isOpening) {
                return;
            }
            isOpening = true;
            clearTimeout(timer);
            const wanted = words.value;
            shown === wanted || (await ask());
            isOpening = false;
            const first = shown === wanted && results.querySelector("a");
            if (words.value === wanted && finder.open) {
                first ? location.assign(first.href) : words.form.submit();
            }
        });
        finder.addEventListener("keydown", (event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                event.preventDefault();
                move(event.key === "ArrowDown" ? 1 : -1);
            }
        });
        finder.addEventListener("click", (event) => event.target === finder && finder.close());
    }

    const isCommand = (event, key) =>
        (event.ctrlKey || event.metaKey) &&
        !event.altKey &&
        `${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}` === key;

    // Ctrl-S saves the form of the page and stays, Ctrl-P saves it and shows its previews, Ctrl-Enter approves it or asks
    // for its review, Ctrl-Shift-Enter publishes it: if it has the button. One that confirms what preflight found is first.
    function press(event) {
        const buttons = {
            s: ["_continue", "_save"],
            p: ["_preview"],
            enter: ["_approve", "_ask_review"],
            "shift+enter": ["_publish"],
        };
        const key = Object.keys(buttons).find((name) => isCommand(event, name));
        const button = (buttons[key] ?? [])
            .flatMap((name) => [`#preflight [name="${name}"]`, `.submit-row [name="${name}"]`])
            .map((selector) => document.querySelector(selector))
            .find(Boolean);
        if (button) {
            event.preventDefault();
            !isSent && !event.repeat && !document.querySelector("dialog[open]") && button.click();
        }
    }

    // A second press before the answer would be a conflict with oneself.
    let isSent = false;
    document.addEventListener("submit", (event) => {
        isSent ||= !event.defaultPrevented && event.target.method === "post";
    });
    window.addEventListener("pageshow", () => (isSent = false));

    function showKeys(event) {
        const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
        if (event.key === "?" && !event.defaultPrevented && !isTyping && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            keys.showModal();
        }
    }

    // <time data-until="…">: what is left, in the two largest units.
    function left(until) {
        const seconds = Math.max(0, Math.round((new Date(until) - Date.now()) / 1000));
        const units = [
            [Math.floor(seconds / 86400), "d"],
            [Math.floor(seconds / 3600) % 24, "h"],
            [Math.floor(seconds / 60) % 60, "min"],
            [seconds % 60, "s"],
        ];
        const first = units.findIndex(([count]) => count);
        return units
            .slice(first < 0 ? 3 : first)
            .slice(0, 2)
            .map(([count, unit]) => `${count} ${unit}`)
            .join(" ");
    }

    function run() {
        for (const time of document.querySelectorAll("time[data-until]")) {
            time.textContent = left(time.dataset.until);
        }
    }

    if (finder) {
        startFinder();
        document.addEventListener("keydown", showKeys);
        document.addEventListener("keydown", press);
    }
    // After a refused save: the versions to choose from, or the first field that is wrong. When other scripts have put the
    // rows of the form in their order.
    document.addEventListener("DOMContentLoaded", () => {
        (document.querySelector(".conflict") ?? document.querySelector("#content form [aria-invalid=true]"))?.focus();
    });
    if (document.querySelector("time[data-until]")) {
        run();
        setInterval(run, 1000);
    }
}
