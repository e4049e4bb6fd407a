// Shows suggestions below the address of an article, from the archive and from the page at the address. Each is a button
// that fills one field. Listens on the document, so that rows that are added later have suggestions, too.
"use strict";
{
    const ADDRESS = document.currentScript.dataset.address;
    const PAUSE = 500; // milliseconds after the last change
    const POLL = 1500; // milliseconds between two polls
    const POLLS = 20;
    const timers = new WeakMap();
    const asked = new WeakMap(); // The last requested address, by input.

    const field = (input, name) => input.form.elements[input.name.replace(/url$/, name)];

    const say = (input, ...sentences) => (offersBelow(input).querySelector("p").textContent = sentences.join(" "));

    const linesOf = (target) => target.value.split("\n").filter(Boolean);

    function isTaken(input, offer) {
        const target = field(input, offer.field);
        // Without a field, this editor may not edit it.
        return !target || linesOf(target).includes(offer.value);
    }

    function fill(input, { field: name, value }) {
        const target = field(input, name);
        // Authors follow each other, one on each line.
        target.value = target.tagName === "TEXTAREA" ? [...linesOf(target), value].join("\n") : value;
        target.dispatchEvent(new Event("input", { bubbles: true }));
        target.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function button(text, press) {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = text;
        made.addEventListener("click", press);
        return made;
    }

    function show(input, answer) {
        const box = offersBelow(input);
        const offers = answer.offers.filter((offer) => !isTaken(input, offer));
        const buttons = offers.map((offer) => button(offer.text, () => take(input, offer, answer)));
        if (!answer.is_waiting && /^https?:\/\/\S/.test(input.value)) {
            buttons.push(button("Read the page", () => read(input)));
        }
        box.querySelectorAll("button").forEach((old) => old.remove());
        box.append(...buttons);
    }

    function take(input, offer, answer) {
        fill(input, offer);
        say(input, `Filled in: ${offer.label}.`);
        show(input, answer);
        (offersBelow(input).querySelector("button") ?? input).focus();
    }

    // Never throws. Errors are returned as sentences.
    async function request(path, fields) {
        const failed = (sentence) => ({ offers: [], sentences: [sentence], is_waiting: false });
        const options = fields && {
            method: "POST",
            body: new URLSearchParams(fields),
            headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        };
        try {
            const response = await fetch(path, options);
            const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
            return isJson ? await response.json() : failed("No suggestions: the server did not answer.");
        } catch {
            return failed("No suggestions: the server could not be reached.");
        }
    }

    const details = (input) => ({ url: input.value.trim(), article: input.dataset.article });

    async function ask(input) {
        const given = details(input);
        asked.set(input, given.url);
        const answer = given.url
            ? await request(`${ADDRESS}?${new URLSearchParams(given)}`)
            : { offers: [], sentences: [], is_waiting: false };
        if (asked.get(input) === given.url) {
            const focused = document.activeElement;
            const { top } = focused.getBoundingClientRect();
            say(input, ...answer.sentences);
            show(input, answer);
            if (focused !== document.body) {
                scrollBy(0, focused.getBoundingClientRect().top - top); // Nobody's field moves away.
            }
        }
        return answer;
    }

    async function read(input) {
        const { url } = details(input);
        let answer = await request(`${ADDRESS}read/`, details(input));
        show(input, answer);
        say(input, ...answer.sentences, answer.is_waiting ? "The page is being read." : "");
        for (let count = 0; answer.is_waiting && count < POLLS; count += 1) {
            await new Promise((wake) => setTimeout(wake, POLL));
            if (details(input).url !== url || !input.isConnected) {
                return;
            }
            answer = await request(`${ADDRESS}?${new URLSearchParams(details(input))}`);
            if (!answer.is_waiting) {
                say(input, ...answer.sentences, answer.sentences.length ? "" : "The page was read.");
            }
        }
        if (answer.is_waiting) {
            say(input, "The page has not been read yet. Try again in a moment.");
        }
        show(input, { ...answer, is_waiting: false });
    }

    function later(event) {
        const input = event.target;
        if (!input.matches("input[data-article]")) {
            return;
        }
        const isNew = details(input).url !== (asked.get(input) ?? "");
        clearTimeout(timers.get(input));
        if (isNew) {
            timers.set(input, setTimeout(ask, event.type === "input" ? PAUSE : 0, input));
        }
    }

    // When its line opens, as a field that has an address may never have the focus.
    function opened(root) {
        for (const input of root.querySelectorAll("input[data-article]")) {
            if (input.value && !asked.has(input) && !input.closest("details:not([open])")) {
                ask(input);
            }
        }
    }

    document.addEventListener("input", later);
    document.addEventListener("focusin", later);
    document.addEventListener("toggle", (event) => event.target.open && opened(event.target), true);
    document.addEventListener("DOMContentLoaded", () => opened(document));
}
