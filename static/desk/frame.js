// The desk's frame: the box for finding (Ctrl-K or Cmd-K), the keys of the page (?), and times that run. Without this
// script the box is a page of its own, and the times stand.
"use strict";
{
    const finder = document.getElementById("find");
    const words = document.getElementById("find-words");
    const results = document.getElementById("find-results");
    const keys = document.querySelector("dialog.key-list") ?? document.getElementById("keys");
    let asked = 0;

    async function ask() {
        const number = ++asked;
        const address = new URL(words.form.action);
        address.search = new URLSearchParams({ q: words.value, part: "1" });
        try {
            const response = await fetch(address);
            const text = response.ok && !response.redirected ? await response.text() : "<p>You are signed out.</p>";
            if (number === asked) {
                results.innerHTML = text;
            }
        } catch {
            results.textContent = "The server could not be reached.";
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
            if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
                open(event);
            }
        });
        words.addEventListener("input", ask);
        words.form.addEventListener("submit", (event) => {
            const first = results.querySelector("a");
            if (first) {
                event.preventDefault();
                location.assign(first.href);
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
    }
    if (document.querySelector("time[data-until]")) {
        run();
        setInterval(run, 1000);
    }
}
