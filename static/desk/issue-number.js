// Updates title and address when the number changes, unless they were edited.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const number = document.getElementById("id_number");
    if (!number || number.type === "hidden") {
        return;
    }
    const followers = [
        [document.getElementById("id_title"), number.dataset.title],
        [document.getElementById("id_slug"), number.dataset.slug],
    ];
    let previous = number.value;
    number.addEventListener("input", () => {
        for (const [input, pattern] of followers) {
            if (input && input.value === pattern.replace("{number}", previous)) {
                input.value = pattern.replace("{number}", number.value);
            }
        }
        previous = number.value;
    });
});
