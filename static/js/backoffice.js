"use strict";
// The theme's pickers announce a choice to jQuery alone; forms that tell what they say listen to the page.
document.addEventListener("DOMContentLoaded", () => {
  const jq = window.django && window.django.jQuery;
  if (!jq) return;
  jq(document).on("change", "select", (event) => {
    if (!event.originalEvent) event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
