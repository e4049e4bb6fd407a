// Shows the progress of a mailing while it is sent. Without it, the page is loaded again by hand.
"use strict";
{
    const PAUSE = 3000; // milliseconds between two requests

    async function refresh() {
        const shown = document.getElementById("mailing");
        if (!shown.contains(document.activeElement)) { // Whoever types or is about to press a button is not disturbed.
            const response = await fetch(location.href).catch(() => null);
            const page = response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
            const fresh = page?.getElementById("mailing");
            if (fresh && !shown.contains(document.activeElement)) {
                shown.replaceWith(fresh);
                if (!fresh.querySelector("button[value=pause], button[value=resume]")) {
                    return;
                }
            }
        }
        setTimeout(refresh, PAUSE);
    }

    setTimeout(refresh, PAUSE);
}
