// What htmx does not do by itself: say that the connection is lost, keep what somebody is writing, keys and clocks.
"use strict";

function show(id, shown) {
  const notice = document.getElementById(id);  // on the desk only
  if (notice) notice.hidden = !shown;
}

document.addEventListener("htmx:sseError", () => show("lost", true));
document.addEventListener("htmx:sseOpen", () => show("lost", false));
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") show("over", true);
});

const FIELDS = "input:not([type=hidden]), textarea, select";
let kept = [];
let focused = null;

// A part that the line sends must not take away what was typed into it, nor the place where it is typed.
function keep(event) {
  const part = event.target;
  if (!(part instanceof Element)) return;
  const active = document.activeElement;
  focused = active && active.id && part.contains(active)
    ? { id: active.id, start: active.selectionStart, end: active.selectionEnd, top: active.scrollTop } : null;
  kept = [];
  const talk = document.getElementById("talk-lines");
  if (talk && part.contains(talk)) kept.push({ id: talk.id, top: talk.scrollTop, below: below(talk) });
  if (event.type !== "htmx:sseBeforeMessage") return;
  for (const field of part.querySelectorAll(FIELDS)) {
    if (field.id && changed(field)) kept.push({ id: field.id, value: field.value });
  }
}

function changed(field) {
  if (field.matches("select")) return ![...field.options].some((one) => one.selected && one.defaultSelected);
  return field.value !== field.defaultValue;
}

function below(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 40;
}

function restore() {
  for (const one of kept) {
    const field = document.getElementById(one.id);
    if (!field) continue;
    if (one.value === undefined) {
      field.scrollTop = one.below ? field.scrollHeight : one.top;
    } else if (field.value !== one.value) {
      field.value = one.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  const field = focused && document.getElementById(focused.id);
  if (field) {
    field.focus({ preventScroll: true });
    if (typeof focused.start === "number" && field.setSelectionRange) field.setSelectionRange(focused.start, focused.end);
  }
  if (!kept.length) toTheEnd();
  kept = [];
  focused = null;
  announce();
}

function toTheEnd() {
  const talk = document.getElementById("talk-lines");
  if (talk && !talk.scrollTop) talk.scrollTop = talk.scrollHeight;
}

for (const name of ["htmx:beforeSwap", "htmx:sseBeforeMessage"]) document.addEventListener(name, keep);
for (const name of ["htmx:afterSwap", "htmx:sseMessage"]) document.addEventListener(name, restore);

// The tab says that somebody calls, for agents who are on another one.
const title = document.title;
function announce() {
  const call = document.querySelector(".call[data-title]");
  document.title = call && call.dataset.title ? `☎ ${call.dataset.title}` : title;
}

document.addEventListener("keydown", (event) => {
  if (!/^F\d+$/.test(event.key) || event.repeat) return;
  const button = document.querySelector(`button[aria-keyshortcuts="${event.key}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

function tick() {
  for (const clock of document.querySelectorAll("time.timer")) {
    const left = clock.dataset.until
      ? (new Date(clock.dataset.until) - Date.now()) / 1000 : (Date.now() - new Date(clock.dataset.since)) / 1000;
    const whole = Math.max(0, Math.floor(left));
    clock.textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }
}

setInterval(tick, 1000);
document.addEventListener("htmx:load", tick);
addEventListener("DOMContentLoaded", () => {
  announce();
  toTheEnd();
});
