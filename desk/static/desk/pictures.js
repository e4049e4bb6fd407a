// Pictures in Markdown fields: pasted, dropped, or picked with the button of the toolbar. Each is sent to the desk, which
// answers with its Markdown. The editor goes on typing meanwhile, and the text is put where the caret was.
"use strict";
{
    const { address, limit } = document.currentScript.dataset;
    const FIELD = "textarea.markdownx-editor";
    const queues = new WeakMap(); // Of each field: pictures come in the order in which they were given.
    let sending = 0;

    // A place in a field, which moves with the words before it.
    class Place {
        constructor(field) {
            Object.assign(this, { field, at: field.selectionEnd, value: field.value });
            field.addEventListener("input", this);
        }

        handleEvent() {
            const { value } = this.field;
            let same = 0;
            while (same < this.at && same < value.length && value[same] === this.value[same]) {
                same += 1;
            }
            this.at = same < this.at ? Math.max(same, this.at + value.length - this.value.length) : this.at;
            this.value = value;
        }

        // Insert, and leave the caret where the editor is typing. If that is here, it goes between the square brackets.
        insert(text, isFirst) {
            const { field } = this;
            const active = document.activeElement;
            const [start, end] = [field.selectionStart, field.selectionEnd];
            const isHere = isFirst && active === field && start === this.at && end === this.at;
            const lead = isFirst ? "" : "\n\n";
            const { at } = this;
            const words = at + lead.length + 2;
            const shifted = (place) => (place >= at ? place + lead.length + text.length : place);
            const [from, to] = isHere ? [words, at + lead.length + text.indexOf("](")] : [shifted(start), shifted(end)];
            field.dispatchEvent(new CustomEvent("markdown:insert", { bubbles: true, detail: { text: lead + text, at, from, to } }));
            this.at = at + lead.length + text.length;
            this.value = field.value;
            active !== field && active?.focus({ preventScroll: true });
        }
    }

    // What is said below a field: screen readers speak its changes.
    function boxOf(field) {
        const editor = field.closest(".markdown-editor") ?? field.parentElement;
        let box = editor.querySelector(".markdown-pictures");
        if (!box) {
            box = document.createElement("div");
            box.className = "markdown-pictures";
            const words = document.createElement("p");
            words.setAttribute("role", "status");
            box.append(words);
            field.after(box);
        }
        return box;
    }

    function say(field, sentences, isError = false) {
        const box = boxOf(field);
        box.classList.toggle("error", isError);
        box.querySelector("p").textContent = sentences;
    }

    function send(file, progress) {
        return new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.open("POST", address);
            request.setRequestHeader("Accept", "application/json");
            request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
            request.upload.addEventListener("progress", (event) => {
                progress.max = event.total;
                progress.value = event.loaded;
            });
            request.addEventListener("error", () => reject(new Error("The desk does not answer. Try again.")));
            request.addEventListener("load", () => {
                const answer = request.getResponseHeader("Content-Type")?.startsWith("application/json") && JSON.parse(request.response);
                answer?.markdown ? resolve(answer) : reject(new Error(answer?.error || refusal(request.status)));
            });
            const form = new FormData();
            form.append("pictures", file);
            request.send(form);
        });
    }

    function refusal(status) {
        return {
            200: "You are signed out. Sign in in another tab, then try again.",
            403: "You may not add pictures, or you are signed out. Ask somebody who may.",
            413: "It is too large.",
        }[status] ?? `The desk could not take it (${status}). Try again.`;
    }

    async function add(field, files) {
        const place = new Place(field);
        const [said, errors] = [[], []];
        let count = 0;
        for (const file of files) {
            const name = `“${file.name}”`;
            const progress = document.createElement("progress");
            progress.setAttribute("aria-label", `Sending ${name}`);
            say(field, `Sending ${name} …`);
            boxOf(field).append(progress);
            try {
                if (file.size > Number(limit)) {
                    throw new Error(`It has more than ${Math.floor(limit / 2 ** 20)} MB. Scale it down first.`);
                }
                const { markdown, notes } = await send(file, progress);
                place.insert(markdown[0], count === 0);
                count += 1;
                said.push(...notes.filter(Boolean).map((note) => `${name}: ${note}`));
            } catch (error) {
                const { message } = error;
                errors.push(message.startsWith(file.name) ? message : `${name}: ${message}`);
            }
            progress.remove();
        }
        field.removeEventListener("input", place);
        const added = { 0: "", 1: "The picture is in the text." }[count] ?? `${count} pictures are in the text.`;
        const hint = count ? "Write between the square brackets what it shows." : "";
        say(field, [...errors, added, ...said, hint].filter(Boolean).join(" "), errors.length > 0);
    }

    function queue(field, files) {
        sending += 1;
        const next = (queues.get(field) ?? Promise.resolve()).then(() => add(field, files)).finally(() => (sending -= 1));
        queues.set(field, next);
    }

    const filesOf = (transfer) => [...(transfer?.files ?? [])];
    const takes = (target) => Boolean(target.matches?.(FIELD)) && !target.readOnly && !target.disabled;

    // File managers copy the names of files, their paths or their addresses as text beside them.
    function isNoText(text, files) {
        const names = new Set(files.flatMap(({ name }) => [name, encodeURIComponent(name)]));
        const lines = text.split(/[\r\n]+/).filter((line) => line.trim());
        return lines.every((line) => names.has(line.trim().split(/[\\/]/).pop()));
    }

    // Before writing.js, which pastes rich text: a picture that is copied from a page comes with its markup.
    document.addEventListener(
        "paste",
        (event) => {
            const files = filesOf(event.clipboardData);
            if (takes(event.target) && files.length && isNoText(event.clipboardData.getData("text/plain"), files)) {
                event.preventDefault();
                queue(event.target, files);
            }
        },
        true,
    );

    // A file that is dropped beside a field would replace the page, and all that was typed.
    for (const type of ["dragover", "drop"]) {
        document.addEventListener(type, (event) => {
            const isField = takes(event.target);
            if (!event.dataTransfer?.types.includes("Files") || event.target.matches?.("input[type=file]")) {
                return;
            }
            event.preventDefault();
            event.dataTransfer.dropEffect = isField ? "copy" : "none";
            if (type === "drop" && isField) {
                queue(event.target, filesOf(event.dataTransfer));
            }
        });
    }

    document.addEventListener("markdown:pick", ({ target: field }) => {
        if (!takes(field)) {
            return;
        }
        const picker = document.createElement("input");
        Object.assign(picker, { type: "file", multiple: true, accept: "image/*", hidden: true });
        picker.addEventListener("cancel", () => picker.remove());
        picker.addEventListener("change", () => {
            picker.remove();
            field.focus();
            queue(field, [...picker.files]);
        });
        document.body.append(picker); // Outside the page it may be gone before the window to choose files opens.
        picker.click();
    });

    window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
}
