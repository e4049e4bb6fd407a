// Keeps authors in the order in which they were chosen. Select2 alone uses the order of the options.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const $ = django.jQuery;
    $(document).on("select2:select", "select[name$='author_list']", function (event) {
        const option = event.params.data.element;
        if (option) {
            $(this).append(option).trigger("change");
        }
    });
});
