// Sounds of the guided test, so that the operator may look at the patient. Never the only signal: whatever sounds
// stands on the page too. Switched by the button that carries data-sound; remembered in this browser.
(function () {
  "use strict";
  const KEY = "stancelab-sound", VOLUME = 0.15;
  // Each tone: frequency [Hz], after [s], length [s].
  const TONES = {
    both_feet: [[440, 0, 0.15]],
    lift: [[523, 0, 0.12], [784, 0.15, 0.25]],
    hold: [[784, 0, 0.1]],
    foot_down: [[784, 0, 0.15], [523, 0.18, 0.35]],
    settle: [[523, 0, 0.15]],
    verdict: [[659, 0, 0.12], [659, 0.18, 0.12]],
    ready: [[440, 0, 0.1]],
    trouble: [[220, 0, 0.25], [196, 0.3, 0.35]],
    tick: [[1047, 0, 0.05]],
  };
  const played = [];
  let context = null;

  const isOn = () => localStorage.getItem(KEY) !== "off";

  function play(name) {
    if (!TONES[name] || !isOn()) return;
    played.push(name);
    if (played.length > 100) played.shift();
    if (!context || context.state !== "running") return;
    for (const [hz, after, length] of TONES[name]) {
      const begin = context.currentTime + after, tone = context.createOscillator(), gain = context.createGain();
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(VOLUME, begin + 0.01);
      gain.gain.setValueAtTime(VOLUME, begin + length - 0.02);
      gain.gain.linearRampToValueAtTime(0, begin + length);
      tone.connect(gain).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + length);
    }
  }

  function show() {
    const button = document.querySelector("[data-sound]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(isOn()));
    button.textContent = isOn() ? button.dataset.on : button.dataset.off;
  }

  // Browsers let a page sound only after a hand has touched it.
  function wake() {
    if (!context && window.AudioContext) context = new AudioContext();
    if (context && context.state === "suspended") context.resume();
  }

  document.addEventListener("pointerdown", wake, true);
  document.addEventListener("keydown", wake, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("[data-sound]")) return;
    localStorage.setItem(KEY, isOn() ? "off" : "on");
    show();
    play("tick");
  });
  window.fpSounds = { play, show, played };
})();
