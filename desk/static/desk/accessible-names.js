// Select2 leaves the fields that it makes without a name: give them their label's.
"use strict";
{
    function name(root) {
        for (const select of root.querySelectorAll("select.admin-autocomplete")) {
            const container = select.nextElementSibling;
            const label = root.querySelector(`label[for="${select.id}"]`);
            if (label && container?.classList.contains("select2-container")) {
                const text = label.textContent.trim().replace(/:$/, "");
                const parts = "[role=combobox], [role=textbox], [role=searchbox]";
                for (const part of container.querySelectorAll(parts)) {
                    part.removeAttribute("aria-labelledby");
                    part.setAttribute("aria-label", text);
                }
            }
        }
    }

    // After Select2, which jQuery starts a moment after the same events.
    window.addEventListener("load", () => setTimeout(name, 0, document));
    document.addEventListener("formset:added", (event) => setTimeout(name, 0, event.target));
}
