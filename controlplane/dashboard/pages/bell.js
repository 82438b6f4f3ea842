// A caller wants a person: seen on every page, and heard if somebody has switched that on.
import { html, useEffect, useRef, useState } from "./vendor.js";

const KEY = "wacall-bell";

/** Two short tones through Web Audio: no file, no request. */
function ring(context) {
  [0, 0.25].forEach((delay) => {
    const [tone, level] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = 880;
    level.gain.value = 0.1;
    tone.connect(level).connect(context.destination);
    tone.start(context.currentTime + delay);
    tone.stop(context.currentTime + delay + 0.15);
  });
}

export function Bell({ calls }) {
  const [isOn, setIsOn] = useState(localStorage.getItem(KEY) === "on");
  const context = useRef(null);
  const waiting = calls.filter((call) => call.wants_human && !call.taken_over);
  const rings = isOn && waiting.length > 0;
  useEffect(() => {
    if (!rings) return undefined;
    context.current ??= new AudioContext();
    ring(context.current);
    const timer = setInterval(() => ring(context.current), 3000);
    return () => clearInterval(timer);
  }, [rings]);
  const turn = () => {
    localStorage.setItem(KEY, isOn ? "off" : "on");
    // a browser lets a page sound only after a click: this is one
    context.current ??= new AudioContext();
    if (!isOn) ring(context.current);
    setIsOn(!isOn);
  };
  return html`
    <button type="button" class="quiet" aria-pressed=${isOn ? "true" : "false"} onClick=${turn}
      title="Sounds when a caller wants a person">Bell ${isOn ? "on" : "off"}</button>
    <div role="alert" class="ringing-place">${waiting.length ? html`
      <a class="ringing" href="#/now">${waiting.length === 1 ? "A caller wants a person"
        : `${waiting.length} callers want a person`}</a>` : null}</div>`;
}
