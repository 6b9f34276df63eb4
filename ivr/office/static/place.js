// Alt+P and Alt+N: the conversation before and the next of those that were chosen in the plan.
"use strict";

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.getModifierState("AltGraph")) return;
  const name = { KeyP: "place-before", KeyN: "place-after" }[event.code];
  const link = name && document.getElementById(name);
  if (!link) return;
  event.preventDefault();
  link.click();
});
