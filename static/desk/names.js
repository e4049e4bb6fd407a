// Completes the names of authors, publications, tags and sponsors. A field holds its names as text, one on each line, and
// saves without this script. Here each name becomes a button to remove it, beside an input with suggestions. A name that
// begins with a plus is to be created: only the last suggestion adds one. Some names that exist begin with one, too: the
// field's data-whole has those that it holds. When the focus leaves the field, names that were pasted or typed, and not
// chosen, are checked: what is wrong stands below the field, with what may be meant.
"use strict";
{
    const ADDRESS = document.currentScript.dataset.address;
    const PAUSE = 150; // Milliseconds after the last key.
    const NEW = "+";
    const WHOLE = {}; // By kind: names that exist and begin with a plus.

    const trim = (text) => text.trim().replace(/\s+/g, " ");
    const plain = (name) => (name.startsWith(NEW) ? trim(name.slice(1)) : name);

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
        const problems = make("div", { className: "names-problems", id: `${field.id}-problems` });
        const whole = (WHOLE[field.dataset.kind] ??= new Set());
        field.dataset.whole?.split("\n").forEach((name) => whole.add(name));
        const checked = new Map(); // What the server said about a name: null if it exists, or what is wrong with it.
        let names = [];
        let active = -1;
        let asked = null; // What the list, once it is there, belongs to.
        let timer = 0;

        const options = () => [...list.children];
        const typed = () => trim(input.value);
        const isNew = (name) => name.startsWith(NEW) && !whole.has(name);
        const shown = (name) => (isNew(name) ? plain(name) : name);
        const same = (one, other) => shown(one).toLowerCase() === shown(other).toLowerCase();

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
                const text = make("bdi", { textContent: shown(name) });
                text.addEventListener("click", () => takeBack(place));
                // Tab goes from field to field. Arrow keys lead here from the empty input.
                const remove = make("button", { type: "button", textContent: "×", tabIndex: -1 }, { "aria-label": `Remove ${shown(name)}` });
                remove.addEventListener("click", () => change(names.toSpliced(place, 1), `${shown(name)} is removed.`));
                remove.addEventListener("keydown", (event) => move(event, place));
                chip.append(text, ...(isNew(name) ? [make("small", { textContent: "new" })] : []), remove);
                checked.get(name) && chip.classList.add("wrong");
                return chip;
            }));
            tellProblems();
        }

        function change(wanted, sentence) {
            replace(wanted);
            draw();
            write();
            field.dispatchEvent(new Event("change", { bubbles: true }));
            status.textContent = sentence;
            input.focus();
        }

        function add(name) {
            input.value = "";
            close();
            change([...names, name], `${shown(name)} is ${isNew(name) ? "created when you save" : "added"}.`);
        }

        // Put a name back into the input, to be typed again.
        function takeBack(place) {
            input.value = shown(names[place]);
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
                change(names.toSpliced(place, 1).toSpliced(to, 0, name), `${shown(name)} is ${to + 1} of ${names.length}.`);
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

        // Names that exist.
        function note(...some) {
            for (const name of some.flat()) {
                checked.set(name, null);
                name.startsWith(NEW) && whole.add(name);
            }
        }

        // Ask about names that were not chosen. What is typed and exists is a name from then on.
        async function check() {
            const own = typed() ? (isOne ? [typed()] : [...names, typed()]) : names;
            const unsure = own.filter((name) => !checked.has(name));
            if (!unsure.length) {
                return;
            }
            const token = field.form.elements.csrfmiddlewaretoken.value;
            const body = new URLSearchParams({ csrfmiddlewaretoken: token, kind: field.dataset.kind });
            unsure.forEach((name) => body.append("name", name));
            const response = await fetch(ADDRESS, { method: "POST", body }).catch(() => null);
            const answer = response?.ok && !response.redirected ? await response.json().catch(() => null) : null;
            if (!answer) {
                return; // Saving checks them, too.
            }
            unsure.forEach((name) => checked.set(name, null));
            note(Object.values(answer.found));
            answer.problems.forEach((problem) => checked.set(problem.name, problem));
            replace(names.map((name) => answer.found[name] ?? name));
            if (document.activeElement !== input && answer.found[typed()]) {
                replace([...names, answer.found[typed()]]);
                input.value = "";
            }
            const focused = [...box.querySelectorAll(".name button")].indexOf(document.activeElement);
            draw();
            write();
            box.querySelectorAll(".name button")[focused]?.focus();
            status.textContent = found().map((problem) => problem.sentence).join(" ");
        }

        function replace(wanted) {
            names = isOne ? wanted.slice(-1) : wanted.filter((name, place) => wanted.findIndex((one) => same(one, name)) === place);
        }

        const found = () => [...(isOne && typed() ? [] : names), typed()].map((name) => checked.get(name)).filter(Boolean);

        // Each problem with what may be meant. The buttons stay while they are the same, as one may have the focus.
        function tellProblems() {
            const all = found();
            const key = JSON.stringify(all);
            if (problems.dataset.key === key) {
                return;
            }
            problems.dataset.key = key;
            problems.replaceChildren(...all.map((problem) => {
                const item = make("p", { textContent: `${problem.sentence} ` });
                const button = (text, name) => {
                    const made = make("button", { type: "button", className: "btn", textContent: text });
                    made.addEventListener("click", () => settle(problem.name, name));
                    item.append(made, " ");
                };
                problem.similar.forEach((name) => (note([name]), button(name, name)));
                problem.mayCreate && button(`Create “${plain(problem.name)}”`, NEW + plain(problem.name));
                return item;
            }));
            problems.hidden = !all.length;
            input.setAttribute("aria-invalid", String(all.length > 0 || field.getAttribute("aria-invalid") === "true"));
        }

        function settle(wrong, name) {
            if (typed() === wrong) {
                input.value = "";
                change([...names, name], `${shown(name)} is ${isNew(name) ? "created when you save" : "added"}.`);
            } else {
                change(names.map((one) => (one === wrong ? name : one)), `${shown(name)} takes its place.`);
            }
        }

        // Names that this form creates in other fields.
        function comingNames(term) {
            const others = [...document.querySelectorAll(`.names[data-kind="${field.dataset.kind}"]`)].filter((other) => other !== field);
            const created = others.flatMap((other) => other.value.split("\n")).filter(isNew);
            return [...new Set(created)].filter((name) => plain(name).toLowerCase().includes(plain(term).toLowerCase()));
        }

        function show(answer, term) {
            note(answer.names, answer.similar);
            const isMissing = (name) => !names.some((one) => same(one, name));
            list.replaceChildren();
            const [found, similar, coming] = [answer.names, answer.similar, comingNames(term)].map((all) => all.filter(isMissing));
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
            const held = term && [...answer.names, ...answer.similar].find((name) => !isMissing(name));
            mark(!term ? -1 : found.length + coming.length ? 0 : held ? -1 : list.children.length - 1);
            const count = `${list.children.length} suggestion${list.children.length > 1 ? "s" : ""}.`;
            status.textContent = held ? `${shown(held)} is in the field already. ${count}` : count;
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
            tellProblems();
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
        // A moment later: names that are drawn again lose the focus, and get it back.
        box.addEventListener("focusout", () => setTimeout(() => box.contains(document.activeElement) || check()));
        box.addEventListener("click", (event) => event.target === box && input.focus());
        // Other scripts fill the field itself, or move the focus to it.
        field.addEventListener("change", (event) => event.isTrusted || document.activeElement === input || read());
        field.addEventListener("focus", () => input.focus());

        const described = field.getAttribute("aria-describedby");
        input.setAttribute("aria-describedby", [described, problems.id].filter(Boolean).join(" "));
        label ? (label.htmlFor = input.id) : input.setAttribute("aria-label", title || field.dataset.kind);
        const hadFocus = document.activeElement === field;
        field.classList.add("names-held");
        field.tabIndex = -1;
        field.setAttribute("aria-hidden", "true");
        box.append(input, list);
        field.after(box);
        box.after(problems);
        read();
        // What is saved exists.
        document.querySelector(".restored, .conflict, .errornote") || note(names);
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
