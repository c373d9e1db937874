// A trial played again: the CoP on the soles, seen from above. Built when its course comes; stops where it is taken away.
(function () {
  "use strict";
  const TRAIL_S = 2, SPEEDS = [0.5, 1, 2, 4];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function made(tag, attributes, text) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function mount(film, box) {
    const { course, words } = film, at = { s: course.phases[0][0], playing: false, speed: 1, seen: null };
    const last = course.t[course.t.length - 1];
    const canvas = made("canvas", { role: "img", "aria-label": words.picture, class: "replay-canvas" });
    const play = made("button", { type: "button", class: "button button-main" }, words.play);
    const time = made("input", { type: "range", min: course.t[0], max: last, step: 0.02, "aria-label": words.time });
    const speed = made("select", { "aria-label": words.speed, class: "button" });
    SPEEDS.forEach((each) => speed.append(made("option", { value: each }, each + " ×")));
    speed.value = "1";
    time.value = at.s;
    const said = made("output", { class: "replay-said" });
    const controls = made("div", { class: "replay-controls" });
    controls.append(play, time, speed, said);
    box.replaceChildren(canvas, controls);
    play.onclick = () => {
      at.playing = !at.playing;
      if (at.playing && at.s >= last) at.s = course.t[0];
      at.seen = null;
      play.textContent = at.playing ? words.pause : words.play;
      if (at.playing) requestAnimationFrame(step);
    };
    time.oninput = () => show(Number(time.value));
    speed.onchange = () => (at.speed = Number(speed.value));
    const watch = new ResizeObserver(() => (canvas.isConnected ? draw(canvas, course, at.s) : watch.disconnect()));
    watch.observe(canvas);
    show(at.s);

    function step(now) {
      if (!canvas.isConnected || !at.playing) return;
      if (at.seen !== null) show(Math.min(last, at.s + ((now - at.seen) / 1000) * at.speed));
      at.seen = now;
      if (at.s >= last) play.onclick();
      else requestAnimationFrame(step);
    }

    function show(s) {
      at.s = s;
      time.value = s;
      const phase = course.phases.filter(([from, to]) => from <= s && s < to).pop();
      const text = words.second.replace("{s}", s.toFixed(1).replace(".", words.mark)) + (phase ? " · " + phase[2] : "");
      said.textContent = text;
      time.setAttribute("aria-valuetext", text);
      draw(canvas, course, s);
    }
  }

  function draw(canvas, course, s) {
    const scale = window.devicePixelRatio || 1, size = canvas.getBoundingClientRect();
    if (!size.width) return;
    Object.assign(canvas, { width: Math.round(size.width * scale), height: Math.round(size.height * scale) });
    const pen = canvas.getContext("2d"), [left, right, rear, front] = course.box;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const fit = Math.min(size.width / (right - left), size.height / (front - rear));
    const place = (x, y) => [
      size.width / 2 + (x - (left + right) / 2) * fit, size.height / 2 - (y - (rear + front) / 2) * fit,
    ];
    for (const [side, sole] of Object.entries(course.soles)) {
      pen.beginPath();
      sole.forEach(([x, y], i) => (i ? pen.lineTo(...place(x, y)) : pen.moveTo(...place(x, y))));
      pen.closePath();
      const stands = side === course.side;
      Object.assign(pen, { fillStyle: colour("--raised"), strokeStyle: colour(stands ? "--" + side : "--line") });
      pen.lineWidth = stands ? 2.5 : 1.5;
      pen.fill();
      pen.stroke();
    }
    path(pen, course, place, s);
  }

  function path(pen, course, place, s) {
    const ink = colour(course.side ? "--" + course.side : "--accent");
    Object.assign(pen, { strokeStyle: ink, lineJoin: "round" });
    let dot = null;
    for (let i = 0; i < course.t.length && course.t[i] <= s; i += 1) {
      if (course.x[i] === null) { dot = null; continue; }
      const to = place(course.x[i], course.y[i]), age = s - course.t[i];
      if (dot) {
        pen.globalAlpha = age > TRAIL_S ? 0.18 : 1 - 0.8 * (age / TRAIL_S);
        pen.lineWidth = age > TRAIL_S ? 1 : 2;
        pen.beginPath();
        pen.moveTo(...dot);
        pen.lineTo(...to);
        pen.stroke();
      }
      dot = to;
    }
    pen.globalAlpha = 1;
    if (!dot) return;
    pen.beginPath();
    pen.arc(...dot, 7, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: ink, strokeStyle: colour("--surface"), lineWidth: 2 });
    pen.fill();
    pen.stroke();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.replay = {
    mount(film, id) {
      const box = document.getElementById(id);
      if (film && box) mount(film, box);
      return window.dash_clientside.no_update;
    },
  };
})();
