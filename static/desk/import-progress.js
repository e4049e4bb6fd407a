// Moves the bar of an import that runs, and shows its report when it has ended.
"use strict";
{
    const PAUSE = 1500; // milliseconds between two questions
    const box = document.getElementById("import-progress");
    const bar = box.querySelector("progress");
    const state = box.querySelector("[role=status]");

    function say(sentence) {
        if (state.textContent !== sentence) {
            state.textContent = sentence; // Screen readers speak what changes.
        }
    }

    async function ask() {
        try {
            const response = await fetch(box.dataset.status);
            if (!response.ok || response.redirected) {
                throw new Error(`The server answered ${response.status}.`);
            }
            const told = await response.json();
            if (told.has_ended) {
                location.reload();
                return;
            }
            bar.value = told.percent;
            bar.textContent = `${told.percent} percent`;
            say(told.sentence);
        } catch {
            say("The progress could not be loaded. The import goes on, and this page asks again.");
        }
        setTimeout(ask, PAUSE);
    }

    setTimeout(ask, PAUSE);
}
