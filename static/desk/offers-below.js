// The place below a field for suggestions: a sentence, which is read aloud, and buttons. Called by offers.js and last-message.js.
"use strict";
function offersBelow(field) {
    const row = field.closest(".field, .form-row");
    let box = row.querySelector(".offers");
    if (!box) {
        box = document.createElement("div");
        box.className = "offers";
        const status = document.createElement("p");
        status.setAttribute("role", "status");
        box.append(status);
        row.append(box);
    }
    return box;
}
