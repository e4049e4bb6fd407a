// The place below a field for suggestions: a sentence, which is read aloud, and buttons. Called by offers.js and last-message.js.
"use strict";
const OFFERS = new WeakMap(); // By field.

function offersBelow(field) {
    if (!OFFERS.has(field)) {
        const row = field.closest(".field, .form-row");
        const box = document.createElement("div");
        box.className = "offers";
        const status = document.createElement("p");
        status.setAttribute("role", "status");
        box.append(status);
        row.matches(".field") ? row.after(box) : row.append(box); // A field of half the width leaves it too little.
        OFFERS.set(field, box);
    }
    return OFFERS.get(field);
}
