// The live view of the test page: opens /api/live while the canvas is on the page, draws in animation frames.
// What is written stands in the page as text; only the CoP and the force are drawn.
(function () {
  "use strict";
  const TRAIL_S = 5, FADES = 10, FORCE_S = 10, TICKED = ["both_feet", "hold", "rest"];
  const stats = { frames: 0, samples: 0, gaps: 0, lastSeq: 0, restarts: 0, painted: 0 };
  window.fp = { stats };
  let stream = null, canvas = null, scene = null, points = [], state = {}, boot = null, claim = true;
  let shown = "", ticked = "";

  // This tab's name. It outlives a reload, and is not copied with the tab: it is only stored while no page is there.
  const screen = sessionStorage.getItem("stancelab-screen") || crypto.getRandomValues(new Uint32Array(4)).join("-");
  sessionStorage.removeItem("stancelab-screen");

  const by = (id) => document.getElementById(id);
  const write = (id, text) => {
    const at = by(id);
    if (at && at.textContent !== text) at.textContent = text;
  };
  let colours = {}, dirty = true;
  const colour = (name) => (colours[name] ||= getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  const repaint = () => {
    colours = {};
    dirty = true;
  };
  window.addEventListener("resize", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true });

  function mount(id) {
    close();
    canvas = by(id);
    if (!canvas || !canvas.dataset.visit) return;
    scene = JSON.parse(canvas.dataset.scene);
    points = [];
    state = {};
    shown = ticked = "";
    claim = true;
    stream = window.fpStream(() => {
      const asked = { visit: canvas.dataset.visit, screen };
      return claim ? { ...asked, claim: 1 } : asked;
    }, hear);
    window.fpSounds.show();
    requestAnimationFrame(draw);
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function hear(frame) {
    if (frame.first) {
      points = [];
      if (boot && boot !== frame.boot) stats.restarts += 1;
      boot = frame.boot;
    } else if (frame.s !== stats.lastSeq + 1) stats.gaps += 1;
    dirty = true;
    stats.lastSeq = frame.s;
    stats.frames += 1;
    stats.samples += frame.n;
    (frame.t || []).forEach((t, i) => points.push([t, frame.x[i], frame.y[i], frame.f[i]]));
    const newest = points.length ? points[points.length - 1][0] : 0;
    if (points.length > 1 && newest < points[0][0]) points = []; // the plate's clock began anew
    while (points.length && points[0][0] < newest - FORCE_S) points.shift();
    if (frame.state) change(frame.state);
    const count = frame.left === null ? "" : String(Math.ceil(frame.left - 0.05));
    if (count !== ticked && /^[123]$/.test(count) && state.operates && TICKED.includes(state.step)) window.fpSounds.play("tick");
    ticked = count;
    write("test-count", count);
  }

  function change(next) {
    const grave = next.notice && next.notice_level === "stop" && next.notice !== state.notice;
    if (state.step && next.operates && (grave || next.step !== state.step)) window.fpSounds.play(grave ? "trouble" : next.step);
    state = next;
    claim = Boolean(next.operates); // after a restart of the program the one that operated goes on
    write("test-title", next.title || "");
    write("test-text", next.text || "");
    write("test-notice", next.notice || "");
    write("test-plate", next.plate);
    by("test-plate").dataset.level = next.level;
    by("test-notice").dataset.level = next.notice_level || "";
    by("test-now").dataset.step = next.step || "";
    for (const fact of ["rate", "zero", "calibration"]) {
      const [text, level] = next.facts[fact] || ["", ""];
      write("test-" + fact, text);
      by("test-" + fact).parentElement.dataset.level = level;
    }
    if (shown === next.controls) return;
    shown = next.controls;
    window.dash_clientside.set_props("test-state", { data: next.controls });
  }

  function sized(surface) {
    const scale = window.devicePixelRatio || 1, box = surface.getBoundingClientRect();
    const width = Math.round(box.width * scale), height = Math.round(box.height * scale);
    if (surface.width !== width || surface.height !== height) Object.assign(surface, { width, height });
    const pen = surface.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, box.width, box.height);
    return [pen, box.width, box.height];
  }

  function outline(pen, corners, at, fill, line) {
    pen.beginPath();
    corners.forEach((corner, i) => (i ? pen.lineTo(...at(corner)) : pen.moveTo(...at(corner))));
    pen.closePath();
    Object.assign(pen, { fillStyle: fill, strokeStyle: line });
    pen.fill();
    pen.stroke();
  }

  function drawPlate() {
    const [pen, width, height] = sized(canvas), [across, deep] = scene.surface;
    const scale = Math.min((width - 8) / across, (height - 8) / deep);
    const at = ([x, y]) => [width / 2 + x * scale, height / 2 - y * scale];
    pen.lineWidth = 1.5;
    const [w, d] = [across / 2, deep / 2];
    outline(pen, [[-w, -d], [w, -d], [w, d], [-w, d]], at, colour("--raised"), colour("--line"));
    for (const [side, sole] of Object.entries(scene.soles)) {
      const stands = state.side === side;
      pen.lineWidth = stands ? 2.5 : 1.5;
      outline(pen, sole, at, colour("--surface"), colour(stands ? "--" + side : "--grid"));
    }
    const ink = colour(state.side ? "--" + state.side : "--accent"), last = points[points.length - 1];
    if (!last) return;
    Object.assign(pen, { strokeStyle: ink, lineWidth: 2, lineJoin: "round" });
    let drawn = -1; // the trail fades in steps: one stroke a step, not one a sample
    for (let i = 1; i < points.length; i += 1) {
      const [from, to] = [points[i - 1], points[i]], age = last[0] - to[0];
      if (age > TRAIL_S || to[1] === null || from[1] === null || to[0] - from[0] > 0.25) continue;
      const shade = Math.ceil(FADES * (1 - age / TRAIL_S));
      if (shade !== drawn) {
        if (drawn >= 0) pen.stroke();
        pen.globalAlpha = Math.max(0.08, shade / FADES);
        pen.beginPath();
        drawn = shade;
      }
      pen.moveTo(...at([from[1], from[2]]));
      pen.lineTo(...at([to[1], to[2]]));
    }
    if (drawn >= 0) pen.stroke();
    pen.globalAlpha = 1;
    if (last[1] === null) return;
    pen.beginPath();
    pen.arc(...at([last[1], last[2]]), 5, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: ink, strokeStyle: colour("--surface"), lineWidth: 1.5 });
    pen.fill();
    pen.stroke();
  }

  function drawForce() {
    const [pen, width, height] = sized(by("test-force")), last = points[points.length - 1];
    if (!last) return write("test-newton", "");
    const most = points.reduce((highest, point) => Math.max(highest, point[3] || 0), 100) * 1.1;
    Object.assign(pen, { strokeStyle: colour("--accent"), lineWidth: 2 });
    pen.beginPath();
    points.forEach(([t, , , f], i) => {
      const x = width * (1 - (last[0] - t) / FORCE_S), y = height * (1 - Math.max(0, f) / most) - 1;
      if (i) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    });
    pen.stroke();
    drawBar(last, most);
    write("test-newton", Math.round(last[3]) + " N");
  }

  // How much is carried, and how much of it on the left and on the right: a lever between the two foot places.
  function drawBar(last, most) {
    const bar = by("test-bar"), share = last[1] === null ? null : Math.min(1, Math.max(0, 0.5 + last[1] / (2 * scene.half)));
    const part = (100 * Math.min(1, Math.max(0, last[3]) / most)).toFixed(1);
    bar.style.setProperty("--carried", part + "%");
    bar.style.setProperty("--left-share", (share === null ? 50 : 100 * (1 - share)).toFixed(1) + "%");
    const right = Math.round(100 * share);
    write("test-share", share === null ? "" : bar.dataset.share.replace("{left}", 100 - right).replace("{right}", right));
  }

  function draw() {
    if (!canvas || !canvas.isConnected) return close();
    by("test-lost").hidden = !stream || !stream.silent();
    if (dirty) {
      dirty = false;
      drawPlate();
      drawForce();
      stats.painted += 1;
    }
    requestAnimationFrame(draw);
  }

  // Keys press the button that shows them; a space bar on a button is that button's own.
  document.addEventListener("keydown", (event) => {
    const on = document.activeElement;
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !by("test-now")) return;
    if (on && (/^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName) || (event.key === " " && /^(BUTTON|A|SUMMARY)$/.test(on.tagName)))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = document.querySelector('[data-key="' + CSS.escape(key) + '"]:not([disabled])');
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  window.addEventListener("pagehide", () => {
    sessionStorage.setItem("stancelab-screen", screen);
    close();
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.live = { mount: (id) => (mount(id), screen) };
})();
