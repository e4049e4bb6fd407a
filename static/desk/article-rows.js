// The outline of an issue: sorts its articles in print order, and keeps their lines in step with their fields. Rows move by
// dragging a handle (mouse, pen or finger), by buttons or by Alt+Arrow keys, and between sections by their select or by
// dragging past the heading of the other section. Each row posts its "order" and "section". Without this script the editor
// types them.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const group = document.getElementById("articles-group");
    const SELECTOR = ".inline-related:not(.empty-form)";
    let dragged = null;

    const rows = () => [...group.querySelectorAll(SELECTOR)];
    const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
    const sectionOf = (row) => field(row, "section").value;
    const inSection = (section) => rows().filter((row) => sectionOf(row) === section);
    const titleOf = (row) => field(row, "title").value.trim() || "new article";

    const status = document.createElement("p");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");

    function number() {
        for (const { section, heading } of headings) {
            const members = inSection(section);
            members.forEach((row, index) => {
                field(row, "order").value = index + 1;
                row.querySelector(".row-place").textContent = `${index + 1} of ${members.length}`;
            });
            heading.hidden = members.length === 0 && dragged === null;
        }
    }

    // Put these last, before the empty row, which is there for those who may add articles.
    function putLast(...some) {
        const empty = group.querySelector(".empty-form");
        empty ? empty.before(...some) : group.querySelector("fieldset").append(...some);
    }

    // Put every row below the heading of its section.
    function arrange() {
        for (const { section, heading } of headings) {
            const members = inSection(section);
            putLast(heading, ...members);
        }
        number();
    }

    const order = (row) => Number(field(row, "order").value) || Infinity;

    function sort(key) {
        putLast(...rows().sort((a, b) => key(a) - key(b)));
    }

    function announce(row) {
        const section = field(row, "section");
        const name = section.options[section.selectedIndex].text;
        status.textContent = `“${titleOf(row)}” is ${row.querySelector(".row-place").textContent} in ${name}.`;
    }

    function move(row, step) {
        const members = inSection(sectionOf(row));
        const other = members[members.indexOf(row) + step];
        if (other) {
            step < 0 ? other.before(row) : other.after(row);
            number();
        }
        announce(row);
    }

    function button(text, label, act) {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = text;
        made.title = label;
        made.setAttribute("aria-label", label);
        made.addEventListener("click", () => {
            act();
            made.focus();
        });
        return made;
    }

    function equip(row) {
        if (row.querySelector(".row-tools")) {
            return;
        }
        const tools = document.createElement("span");
        tools.className = "row-tools";
        const handle = document.createElement("span");
        handle.className = "row-handle";
        handle.title = "Drag to move";
        handle.setAttribute("aria-hidden", "true");
        const place = document.createElement("span");
        place.className = "row-place";
        tools.append(
            handle,
            button("↑", "Move up", () => move(row, -1)),
            button("↓", "Move down", () => move(row, 1)),
            place,
        );
        row.append(tools); // Not first: Django puts its link to remove a new row into the first element.

        handle.addEventListener("pointerdown", (event) => {
            if (event.button === 0) {
                event.preventDefault(); // No text is selected meanwhile.
                dragged = row;
                row.classList.add("dragged");
                number();
            }
        });
        field(row, "section").addEventListener("change", () => {
            const members = inSection(sectionOf(row)).filter((other) => other !== row);
            (members.at(-1) ?? headingOf(sectionOf(row))).after(row);
            number();
            announce(row);
        });
        field(row, "to_backlog").addEventListener("change", (event) => {
            row.classList.toggle("leaving", event.target.checked);
        });
        row.classList.toggle("leaving", field(row, "to_backlog").checked);
        field(row, "title").addEventListener("input", () => label(row));
        field(row, "blurb").addEventListener("input", () => countWords(row));
        if (!row.classList.contains("has_original")) {
            label(row);
            countWords(row);
        }
    }

    function label(row) {
        row.querySelector(".inline_label").textContent = titleOf(row);
    }

    function countWords(row) {
        const count = field(row, "blurb").value.split(/\s+/).filter(Boolean).length;
        row.querySelector(".line-words").textContent = count ? `${count} word${count === 1 ? "" : "s"}` : "no blurb yet";
    }

    const headingOf = (section) => headings.find((entry) => entry.section === section).heading;

    function dragOver(event) {
        const EDGE = 60; // Pixels from the window's edge at which the page scrolls.
        if (event.clientY < EDGE || event.clientY > innerHeight - 2 * EDGE) {
            scrollBy(0, event.clientY < EDGE ? -12 : 12);
        }
        const target = document.elementFromPoint(event.clientX, event.clientY);
        const heading = target?.closest(".section-heading");
        const row = target?.closest(SELECTOR);
        if (heading) {
            field(dragged, "section").value = heading.dataset.section;
            heading.after(dragged);
        } else if (row && row !== dragged && group.contains(row)) {
            field(dragged, "section").value = sectionOf(row);
            const box = row.getBoundingClientRect();
            event.clientY < box.top + box.height / 2 ? row.before(dragged) : row.after(dragged);
        }
        number();
    }

    function drop() {
        if (dragged) {
            const row = dragged;
            dragged = null;
            row.classList.remove("dragged");
            arrange();
            announce(row);
        }
    }

    // Without permission to change rows there is no such field, and nothing can be moved.
    const sections = group?.querySelector("[name$='-section']")?.options ?? [];
    const headings = [...sections]
        .filter((option) => option.value)
        .map((option) => {
            const heading = document.createElement("h3");
            heading.className = "section-heading";
            heading.dataset.section = option.value;
            heading.textContent = option.text;
            return { section: option.value, heading };
        });

    function start() {
        group.classList.add("scripted");
        group.append(status);
        rows().forEach(equip);
        sort(order); // After errors, the rows come back in the order of their names.
        arrange();
        // Not on the handle, which leaves the page for a moment whenever its row moves.
        document.addEventListener("pointermove", (event) => dragged && dragOver(event));
        document.addEventListener("pointerup", drop);
        document.addEventListener("pointercancel", drop);
        group.addEventListener("keydown", (event) => {
            const row = event.target.closest(SELECTOR);
            const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (row && step && !event.target.matches("select") && event.altKey && !event.ctrlKey && !event.metaKey) {
                event.preventDefault();
                const focused = document.activeElement;
                move(row, step);
                focused.focus();
            }
        });
        document.addEventListener("formset:added", (event) => {
            if (event.detail.formsetName === "articles") {
                equip(event.target);
                arrange();
                if (!event.target.classList.contains("has_original")) {
                    event.target.querySelector("details").open = true;
                    field(event.target, "title").focus();
                }
            }
        });
        document.addEventListener("formset:removed", (event) => {
            if (event.detail.formsetName === "articles") {
                // Django now renames the rows in the order of the page. Saved rows must keep their names, so sort
                // the rows by name until this is done.
                sort((row) => Number(row.id.match(/\d+$/)[0]));
                setTimeout(() => {
                    sort(order);
                    arrange();
                });
            }
        });
    }

    if (headings.length) {
        start();
    }
});
