// The waveform over the player, the transcript that follows the sound, and jumps to its lines.
"use strict";

const player = document.getElementById("player");
const wave = document.getElementById("wave");
const lines = [...document.querySelectorAll(".said li")];

// A canvas knows no CSS: what the theme makes of a colour is read off an element.
function colour(name) {
  const probe = document.createElement("span");
  probe.className = `probe-${name}`;
  wave.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

async function draw() {
  const answer = await fetch(wave.dataset.waves);
  if (!answer.ok) return;
  const { peaks, length_s } = await answer.json();
  const channel = { waveColor: colour("muted"), progressColor: colour("accent") };
  WaveSurfer.create({
    container: wave,
    media: player,
    peaks,
    duration: length_s,
    height: 56,
    normalize: true,
    barWidth: 2,
    barGap: 1,
    cursorColor: colour("fault"),
    splitChannels: [channel, { ...channel }],
    cspNonce: wave.dataset.nonce,
  });
}

function follow() {
  const now = player.currentTime;
  let current = null;
  for (const line of lines) if (line.dataset.at <= now && !line.classList.contains("note")) current = line;
  for (const line of lines) {
    if (line === current) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

function step(seconds) {
  player.currentTime = Math.max(0, player.currentTime + seconds);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-jump], button[data-step]");
  if (!button) return;
  if (button.dataset.step) {
    step(Number(button.dataset.step));
  } else {
    player.currentTime = Number(button.dataset.jump);
    player.play();
  }
});

// With Alt, so that they work while somebody writes a remark; never with AltGr, which writes letters.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.getModifierState("AltGraph")) return;
  if (event.code === "KeyK") player.paused ? player.play() : player.pause();
  else if (event.code === "KeyJ" || event.code === "KeyL") step(event.code === "KeyJ" ? -5 : 5);
  else return;
  event.preventDefault();
});
player.addEventListener("timeupdate", follow);
player.addEventListener("seeked", follow);
draw();
