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

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-jump], button[data-step]");
  if (!button) return;
  if (button.dataset.step) {
    player.currentTime = Math.max(0, player.currentTime + Number(button.dataset.step));
  } else {
    player.currentTime = Number(button.dataset.jump);
    player.play();
  }
});
player.addEventListener("timeupdate", follow);
player.addEventListener("seeked", follow);
draw();
