// Offers the last message of the sponsor that is named in an issue's form, to be taken over. The copy still waits for the
// sponsor's approval: its state becomes “copy in”. Words that are there are replaced only when the button is pressed twice.
"use strict";
{
    const ADDRESS = document.currentScript.dataset.address;
    const PAUSE = 300; // Milliseconds after the last change.
    const SPONSOR = "#placements-group input[name$='-sponsor']";
    const SHOWN = 120; // Characters of the message.
    const NAMES = ["message", "url", "state"];
    const timers = new WeakMap();
    const asked = new WeakMap(); // The last requested name, by field.
    const taken = new WeakSet(); // The fields that have “Undo” below them.

    const fieldsOf = (field) => NAMES.map((name) => field.form.elements[field.name.replace(/sponsor$/, name)]);

    // Show a sentence, with a button or without one. The focus stays where the button was.
    function show(field, sentence, text = "", press = null) {
        const box = offersBelow(field);
        const old = box.querySelector("button");
        const hadFocus = old !== null && document.activeElement === old;
        old?.remove();
        box.querySelector("p").textContent = sentence;
        taken.delete(field);
        if (text) {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = text;
            button.addEventListener("click", press);
            box.append(button);
            hadFocus && button.focus();
        }
    }

    function fill(field, values) {
        fieldsOf(field).forEach((target, index) => {
            target.value = values[index];
            target.dispatchEvent(new Event("input", { bubbles: true }));
            target.dispatchEvent(new Event("change", { bubbles: true }));
        });
    }

    function offer(field, last) {
        const [message, url] = fieldsOf(field);
        if (message.value.trim() === last.message.trim() && url.value === last.url) {
            show(field, "");
            return;
        }
        const words = last.message || last.url;
        const begin = words.length > SHOWN ? `${words.slice(0, SHOWN).trimEnd()}…` : words;
        show(field, `Last message, in #${last.number}: “${begin}”`, `Take over the message from #${last.number}`, () => {
            if (message.value.trim() || url.value) {
                const sentence = `The message of this issue would be replaced by the one from #${last.number}.`;
                show(field, sentence, "Replace it", () => takeOver(field, last));
            } else {
                takeOver(field, last);
            }
        });
    }

    function takeOver(field, last) {
        const before = fieldsOf(field).map((target) => target.value);
        fill(field, [last.message, last.url, "copy_in"]);
        const sentence = `The message from #${last.number} is taken over. Its copy is not approved for this issue yet.`;
        show(field, sentence, "Undo", () => {
            fill(field, before);
            offer(field, last);
        });
        taken.add(field);
    }

    async function ask(field) {
        const sponsor = field.value.trim();
        asked.set(field, sponsor);
        if (!sponsor || sponsor.startsWith("+") || fieldsOf(field).some((target) => !target)) {
            show(field, "");
            return;
        }
        const number = document.getElementById("id_number")?.value ?? document.getElementById("placements-group").dataset.number;
        const response = await fetch(`${ADDRESS}?${new URLSearchParams({ sponsor, number })}`).catch(() => null);
        const isAnswer = response?.ok && !response.redirected;
        const last = isAnswer ? await response.json().catch(() => ({})) : {};
        if (asked.get(field) === sponsor) {
            "message" in last ? offer(field, last) : show(field, "");
        }
    }

    function later(field, pause) {
        clearTimeout(timers.get(field));
        if (field.value.trim() !== asked.get(field)) {
            timers.set(field, setTimeout(ask, pause, field));
        }
    }

    // What was typed since stays: “Undo” would delete it.
    function forgetUndo(target) {
        const field = target.closest(".inline-related")?.querySelector(SPONSOR);
        if (taken.has(field) && fieldsOf(field).includes(target)) {
            show(field, "");
        }
    }

    for (const kind of ["input", "change"]) {
        document.addEventListener(kind, (event) => {
            if (event.target.matches(SPONSOR)) {
                later(event.target, kind === "input" ? PAUSE : 0);
            } else if (event.isTrusted && event.target.closest("#placements-group")) {
                forgetUndo(event.target);
            }
        });
    }

    const start = (root) => root.querySelectorAll(SPONSOR).forEach((field) => later(field, 0));

    document.addEventListener("toggle", (event) => event.target.open && start(event.target), true);
    document.addEventListener("DOMContentLoaded", () => {
        const line = document.querySelector("#placements-group details[open]");
        line && start(line);
    });
}
