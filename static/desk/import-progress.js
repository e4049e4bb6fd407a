// Updates the progress of a running import, and reloads the page for the report when it has ended.
"use strict";
{
    const PAUSE = 1500; // milliseconds between two requests
    const box = document.getElementById("import-progress");
    const bar = box.querySelector("progress");
    const status = box.querySelector("[role=status]");

    function announce(sentence) {
        if (status.textContent !== sentence) {
            status.textContent = sentence; // Screen readers speak every change.
        }
    }

    async function poll() {
        try {
            const response = await fetch(box.dataset.status);
            if (!response.ok || response.redirected) {
                throw new Error(`The server answered ${response.status}.`);
            }
            const progress = await response.json();
            if (progress.has_ended) {
                location.reload();
                return;
            }
            bar.value = progress.percent;
            bar.textContent = `${progress.percent} percent`;
            announce(progress.sentence);
        } catch {
            announce("The progress could not be loaded. The import continues, and this page tries again.");
        }
        setTimeout(poll, PAUSE);
    }

    setTimeout(poll, PAUSE);
}
