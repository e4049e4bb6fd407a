// Select2 lists what is chosen in the order of the options; a byline has the order of choosing.
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
