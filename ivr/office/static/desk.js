// What htmx does not do by itself: say that the connection is lost, and keep the field that somebody is in.
"use strict";

document.addEventListener("htmx:sseError", () => { document.getElementById("lost").hidden = false; });
document.addEventListener("htmx:sseOpen", () => { document.getElementById("lost").hidden = true; });
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") document.getElementById("over").hidden = false;
});

let kept = null;

function keep() {
  const field = document.activeElement;
  kept = field && field.id && field.closest("#people") ? { id: field.id, value: field.value } : null;
}

function restore() {
  const field = kept && document.getElementById(kept.id);
  if (field) {
    if (field.matches("input, textarea")) field.value = kept.value;
    field.focus();
  }
  kept = null;
}

for (const name of ["htmx:beforeSwap", "htmx:sseBeforeMessage"]) document.addEventListener(name, keep);
for (const name of ["htmx:afterSwap", "htmx:sseMessage"]) document.addEventListener(name, restore);
