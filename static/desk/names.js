// Completes the names of authors, publications, tags and sponsors. A field holds its names as text, one on each line, and
// saves without this script. Here each name becomes a button to remove it, beside an input with suggestions. A name that
// begins with a plus is to be created: only the last suggestion adds one.
"use strict";
{
    const ADDRESS = document.currentScript.dataset.address;
    const PAUSE = 150; // Milliseconds after the last key.
    const NEW = "+";

    const trim = (text) => text.trim().replace(/\s+/g, " ");
    const plain = (name) => (name.startsWith(NEW) ? trim(name.slice(1)) : name);
    const same = (one, other) => plain(one).toLowerCase() === plain(other).toLowerCase();

    function make(tag, properties = {}, attributes = {}) {
        const made = Object.assign(document.createElement(tag), properties);
        for (const [name, value] of Object.entries(attributes)) {
            made.setAttribute(name, value);
        }
        return made;
    }

    // One for all fields, and read aloud.
    const status = make("p", { className: "visually-hidden" }, { role: "status" });

    function equip(field) {
        const isOne = field.tagName === "INPUT";
        const label = document.querySelector(`label[for="${field.id}"]`);
        const title = label ? label.textContent.trim().replace(/:$/, "") : "";
        const box = make("div", { className: "names-box" });
        const input = make("input", { type: "text", id: `${field.id}-typed`, autocomplete: "off" }, {
            role: "combobox",
            "aria-autocomplete": "list",
            "aria-expanded": "false",
            autocapitalize: "off",
            spellcheck: "false",
        });
        const list = make("ul", { className: "names-list", hidden: true }, { role: "listbox", "aria-label": title });
        let names = [];
        let active = -1;
        let asked = null; // What the list, once it is there, belongs to.
        let timer = 0;

        const options = () => [...list.children];
        const typed = () => trim(input.value);

        // What is typed and not chosen yet counts too: it is saved, or refused with a sentence.
        function write() {
            const all = isOne ? [typed() || names[0] || ""] : [...names, typed()].filter(Boolean);
            if (field.value !== all.join("\n")) {
                field.value = all.join("\n");
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }

        function draw() {
            box.querySelectorAll(".name").forEach((old) => old.remove());
            input.before(...names.map((name, place) => {
                const chip = make("span", { className: "name" });
                const text = make("bdi", { textContent: plain(name) });
                text.addEventListener("click", () => takeBack(place));
                // Tab goes from field to field. Arrow keys lead here from the empty input.
                const remove = make("button", { type: "button", textContent: "×", tabIndex: -1 }, { "aria-label": `Remove ${plain(name)}` });
                remove.addEventListener("click", () => change(names.toSpliced(place, 1), `${plain(name)} is removed.`));
                remove.addEventListener("keydown", (event) => move(event, place));
                chip.append(text, ...(name.startsWith(NEW) ? [make("small", { textContent: "new" })] : []), remove);
                return chip;
            }));
        }

        function change(wanted, sentence) {
            names = isOne ? wanted.slice(-1) : wanted.filter((name, place) => wanted.findIndex((one) => same(one, name)) === place);
            draw();
            write();
            field.dispatchEvent(new Event("change", { bubbles: true }));
            status.textContent = sentence;
            input.focus();
        }

        function add(name) {
            input.value = "";
            close();
            change([...names, name], `${plain(name)} is ${name.startsWith(NEW) ? "created when you save" : "added"}.`);
        }

        // Put a name back into the input, to be typed again.
        function takeBack(place) {
            input.value = plain(names[place]);
            change(names.toSpliced(place, 1), "");
            input.select();
            ask();
        }

        function move(event, place) {
            const to = place + { ArrowLeft: -1, ArrowRight: 1 }[event.key];
            const buttons = box.querySelectorAll(".name button");
            if (Number.isNaN(to)) {
                return;
            }
            event.preventDefault();
            if (!event.shiftKey) {
                to < names.length ? buttons[to]?.focus() : input.focus();
            } else if (to >= 0 && to < names.length) {
                const name = names[place];
                change(names.toSpliced(place, 1).toSpliced(to, 0, name), `${plain(name)} is ${to + 1} of ${names.length}.`);
                box.querySelectorAll(".name button")[to].focus();
            }
        }

        function close() {
            list.hidden = true;
            active = -1;
            input.setAttribute("aria-expanded", "false");
            input.removeAttribute("aria-activedescendant");
            input.removeAttribute("aria-controls");
        }

        function mark(place) {
            active = place;
            options().forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
            options()[place]?.scrollIntoView({ block: "nearest" });
            place < 0
                ? input.removeAttribute("aria-activedescendant")
                : input.setAttribute("aria-activedescendant", options()[place].id);
        }

        function option(name, text) {
            const made = make("li", { textContent: text, id: `${input.id}-${list.children.length}` }, { role: "option" });
            made.addEventListener("pointerdown", (event) => event.preventDefault()); // The focus stays in the input.
            made.addEventListener("click", () => add(name));
            list.append(made);
        }

        // Names that this form creates in other fields.
        function comingNames(term) {
            const others = [...document.querySelectorAll(`.names[data-kind="${field.dataset.kind}"]`)].filter((other) => other !== field);
            const created = others.flatMap((other) => other.value.split("\n")).filter((name) => name.startsWith(NEW));
            return [...new Set(created)].filter((name) => plain(name).toLowerCase().includes(plain(term).toLowerCase()));
        }

        function show(answer, term) {
            const isNew = (name) => !names.some((one) => same(one, name));
            list.replaceChildren();
            const [found, similar, coming] = [answer.names, answer.similar, comingNames(term)].map((all) => all.filter(isNew));
            found.forEach((name) => option(name, name));
            coming.forEach((name) => option(name, `${plain(name)} (new)`));
            similar.forEach((name) => option(name, `${name} (similar)`));
            const isKnown = [...answer.names, ...coming, ...names].some((name) => same(name, term));
            if (term && answer.mayCreate && !isKnown) {
                option(NEW + plain(term), `Create “${plain(term)}”`);
            }
            list.hidden = !list.children.length;
            if (list.hidden) {
                close();
                status.textContent = term ? `No ${title.toLowerCase()} found.` : "";
                return;
            }
            list.id = `${input.id}-list`;
            input.setAttribute("aria-controls", list.id);
            input.setAttribute("aria-expanded", "true");
            // A new name is last, after those that it may be a misspelling of. Nobody is created by Enter alone who may
            // be in the field already.
            const held = term && [...answer.names, ...answer.similar].find((name) => !isNew(name));
            mark(!term ? -1 : found.length + coming.length ? 0 : held ? -1 : list.children.length - 1);
            const count = `${list.children.length} suggestion${list.children.length > 1 ? "s" : ""}.`;
            status.textContent = held ? `${plain(held)} is in the field already. ${count}` : count;
        }

        async function ask() {
            const term = typed();
            asked = null;
            const query = new URLSearchParams({ kind: field.dataset.kind, term: plain(term) });
            const response = await fetch(`${ADDRESS}?${query}`).catch(() => null);
            const isAnswer = response?.ok && !response.redirected;
            const answer = isAnswer ? await response.json().catch(() => null) : null;
            if (term !== typed() || document.activeElement !== input) {
                return;
            }
            if (answer) {
                asked = term;
                show(answer, term);
            } else {
                status.textContent = "No suggestions: the server did not answer.";
            }
        }

        // Nobody chooses what is not shown yet.
        function choose() {
            asked === typed() && !list.hidden ? options()[active]?.click() : ask();
        }

        function press(event) {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step && !event.altKey) {
                event.preventDefault();
                const count = options().length;
                list.hidden ? ask() : mark((active + step + count) % count);
            } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
                event.preventDefault(); // Enter sends no form from here.
                choose();
            } else if (event.key === "," && field.dataset.kind === "tag" && typed()) {
                event.preventDefault();
                choose();
            } else if (event.key === "Escape" && !list.hidden) {
                event.preventDefault();
                event.stopPropagation();
                close();
            } else if (event.key === "ArrowLeft" && !input.value && names.length) {
                event.preventDefault();
                [...box.querySelectorAll(".name button")].at(-1).focus();
            } else if (event.key === "Backspace" && !input.value && names.length) {
                event.preventDefault();
                takeBack(names.length - 1);
            }
        }

        function read() {
            names = field.value.split("\n").map(trim).filter(Boolean);
            input.value = "";
            draw();
        }

        input.addEventListener("keydown", press);
        input.addEventListener("input", () => {
            write();
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        });
        input.addEventListener("paste", (event) => {
            const lines = event.clipboardData.getData("text/plain").split("\n").map(trim).filter(Boolean);
            if (lines.length > 1 && !isOne) {
                event.preventDefault();
                change([...names, ...lines], `${lines.length} names are added.`);
            }
        });
        input.addEventListener("blur", () => {
            close();
            const known = asked === typed() && typed() && options().find((one) => same(one.textContent, typed()));
            if (known) {
                names = isOne ? [known.textContent] : [...names, known.textContent];
                input.value = "";
                draw();
                write();
            }
        });
        box.addEventListener("click", (event) => event.target === box && input.focus());
        // Other scripts fill the field itself, or move the focus to it.
        field.addEventListener("change", (event) => event.isTrusted || document.activeElement === input || read());
        field.addEventListener("focus", () => input.focus());

        const described = field.getAttribute("aria-describedby");
        described && input.setAttribute("aria-describedby", described);
        field.getAttribute("aria-invalid") && input.setAttribute("aria-invalid", "true");
        label ? (label.htmlFor = input.id) : input.setAttribute("aria-label", title || field.dataset.kind);
        const hadFocus = document.activeElement === field;
        field.classList.add("names-held");
        field.tabIndex = -1;
        field.setAttribute("aria-hidden", "true");
        box.append(input, list);
        field.after(box);
        read();
        hadFocus && input.focus();
    }

    // Fields in a closed line are equipped when it opens: an issue may have 40 articles.
    function start(root) {
        for (const field of root.querySelectorAll(".names:not(.names-held)")) {
            if (!field.id.includes("__prefix__") && !field.closest("details:not([open])")) {
                equip(field);
            }
        }
    }

    document.addEventListener("DOMContentLoaded", () => {
        document.body.append(status);
        start(document);
    });
    document.addEventListener("toggle", (event) => event.target.open && start(event.target), true);
    document.addEventListener("formset:added", (event) => start(event.target));
}
