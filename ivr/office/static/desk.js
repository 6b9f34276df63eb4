// What htmx does not do by itself: say that the connection is lost, and keep the field that somebody is typing in.
"use strict";

document.addEventListener("htmx:sseError", () => { document.getElementById("lost").hidden = false; });
document.addEventListener("htmx:sseOpen", () => { document.getElementById("lost").hidden = true; });
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") document.getElementById("over").hidden = false;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const field = document.activeElement;
  if (field && event.detail.target.contains(field) && field.id) {
    event.detail.target.dataset.focus = field.id;
    event.detail.target.dataset.typed = field.value || "";
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const { focus, typed } = event.detail.target.dataset;
  if (!focus) return;
  const field = document.getElementById(focus);
  if (field) {
    field.focus();
    if (typed) field.value = typed;
  }
  delete event.detail.target.dataset.focus;
});
