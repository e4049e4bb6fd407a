// What the inbox, the backlog, “Credits to look at” and the drawer of an issue share: requests that wait for each other, and
// rows that keys lead through. Called by inbox.js, backlog.js, credits.js, decisions.js and drawer.js.
"use strict";

// Run these one after the other, in the order of the keys. The browser asks before it leaves what was not sent yet.
const inTurn = (() => {
    let last = Promise.resolve();
    let unsent = 0;
    window.addEventListener("beforeunload", (event) => unsent && event.preventDefault());
    return (act) => {
        unsent += 1;
        last = last.then(act).finally(() => (unsent -= 1));
    };
})();

// Return the server's answer. If nothing was changed, it has `failed`, a sentence and no rows.
async function postInTurn(address, fields) {
    // A sign-in in another tab changes the cookie.
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    const headers = {
        Accept: "application/json",
        "X-CSRFToken": token ?? document.querySelector("[name=csrfmiddlewaretoken]").value,
    };
    let why = "The server could not be reached";
    try {
        const response = await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers });
        if (response.ok && !response.redirected) {
            return await response.json();
        }
        why = response.redirected ? "You are signed out" : `The server answered ${response.status}`;
    } catch {
        // Said below.
    }
    return { failed: true, rows: [], sentence: `${why}: nothing was changed.` };
}

// Tab leads to one row of the list, and keys lead from there.
function makeCurrent(rows, row) {
    for (const other of rows) {
        other.tabIndex = other === row ? 0 : -1;
        other.removeAttribute("aria-current");
    }
    row?.setAttribute("aria-current", "true");
}

// The row with the focus becomes the current one. With a pointer, after the click: the row that was current loses its
// buttons, so that all below moves up, and the pointer would be released above something else.
function followFocus(list, rows) {
    let isPressed = false;
    const follow = () => {
        const row = document.activeElement.closest(".inbox-list > li");
        !isPressed && row && makeCurrent(rows, row);
    };
    const release = () =>
        setTimeout(() => {
            isPressed = false;
            follow();
        });
    list.addEventListener("pointerdown", () => (isPressed = true));
    list.addEventListener("focusin", follow);
    for (const type of ["pointerup", "pointercancel", "dragend"]) {
        window.addEventListener(type, release);
    }
}

function enterRow(row) {
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
}

// A key that is held down repeats moves, and nothing else.
function isKeyOfRow(event) {
    const isMove = ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key);
    return !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing && (isMove || !event.repeat);
}
