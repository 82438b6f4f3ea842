// Your phone on the page: its states, its buttons, its ringing, the WebSocket by which it rings.

import {byId, complain, make, put, SILENT} from "./dom.js";
import {Phone} from "./phone.js";

const SAID = {
  off: "off",
  on: "on, and nobody calls",
  calling: "calling the business …",
  offered: "on, and nobody calls",
  ringing: "the business calls you",
  talking: "talking",
};
// which buttons there are in which state
const SHOWN = {
  "switch-on": ["off"],
  call: ["on"],
  accept: ["ringing"],
  decline: ["ringing"],
  "hang-up": ["calling", "talking"],
  mute: ["calling", "talking"],
  vanish: ["calling", "talking"],
  levels: ["talking"],
  keys: ["talking"],
  network: ["on", "offered", "calling", "ringing", "talking"],
};
// by then the business has been told that the call is over; or has noticed by itself
const HEARD_OF_MS = 5_000, GONE_MS = 120_000;
const MICROPHONE = {audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true}};

// nobody has the numbers from 555-0100 to 555-0199; kept, as the chat is its person's
const ownNumber = () => {
  const random = (below) => Math.floor(Math.random() * below);
  const kept = localStorage.getItem("number");
  const number = kept ?? `1${200 + random(800)}55501${String(random(100)).padStart(2, "0")}`;
  localStorage.setItem("number", number);
  return number;
};

export class Handset {
  constructor(changed) {
    this.changed = changed;
    this.state = "off";
    this.bad = {loss: 0, jitterMs: 0};
    this.network = "RTCRtpScriptTransform" in window
      ? new Worker("/sim/static/bad_network.js") : null;
    byId("switch-on").onclick = () => this.#switchOn();
    byId("call").onclick = () => this.#call();
    byId("accept").onclick = () => this.#say("pick-up");
    byId("decline").onclick = () => this.#say("decline");
    byId("hang-up").onclick = () => this.#say("hang-up");
    byId("vanish").onclick = () => this.#say("vanish");
    byId("mute").onclick = () => this.#mute(byId("mute").ariaPressed !== "true");
    for (const key of "123456789*0#") {
      byId("keys").append(make("button", {
        type: "button", textContent: key, onclick: () => this.#press(key)}));
    }
    for (const name of ["loss", "jitter"]) byId(name).oninput = () => this.#spoil();
    byId("bitrate").onchange = () => this.#limit();
    setInterval(() => this.#showLevels(), 100);
    this.#be("off");
  }

  async #switchOn() {
    try {
      this.microphone = await navigator.mediaDevices.getUserMedia(MICROPHONE);
    } catch (error) {
      complain(`There is no microphone (${error.name}); plug one in, and allow it for this page.`);
      return;
    }
    complain("");
    this.context ??= new AudioContext();
    await this.context.resume();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/sim/handset`);
    this.socket.onopen = () => this.#say("hello", {phone: ownNumber()});
    this.socket.onmessage = async ({data}) => {
      const told = JSON.parse(data);
      try {
        await this.#take(told);
      } catch (error) {
        complain(`The browser refuses what the business sent: ${error.message}`);
        if (this.phone) this.#say("hang-up");
      }
      this.changed();
    };
    this.socket.onclose = () => {
      if (this.state === "off") return;
      this.#stop();
      this.#be("off");
      complain(SILENT);
    };
  }

  async #take(told) {
    switch (told.type) {
      case "you":
        this.person = told.number;
        put(byId("number"), `+${told.phone}`);
        this.#be("on");
        break;
      case "offer":
        this.#begin();
        this.#be("offered");
        this.#say("describe", {sdp: await this.phone.answer(told.sdp)});
        break;
      case "ringing":
        this.#be("ringing");
        break;
      case "answer":
        await this.phone?.answered(told.sdp);
        break;
      case "accepted":
        await this.phone?.talk();
        this.#be("talking");
        await this.#limit();
        break;
      case "keys":
        for (const key of told.keys) this.#press(key);
        break;
      case "over":
      case "vanished":
        this.#stop(told.type === "over" ? HEARD_OF_MS : GONE_MS);
        this.#be("on");
        break;
      case "taken-over":
        this.#stop();
        this.#be("off");
        this.microphone.getTracks().forEach((track) => track.stop());
        complain("Another page is this phone now.");
        this.socket.close();
        break;
      case "problem":
        complain(told.text);
        if (this.state === "calling") {
          this.#stop();
          this.#be("on");
        }
        break;
    }
  }

  async #call() {
    complain("");
    this.#begin();
    this.#be("calling");
    this.#say("ring", {sdp: await this.phone.offer()});
  }

  #begin() {
    this.#stop();
    put(byId("pressed"), "");
    this.phone = new Phone({
      microphone: this.microphone,
      speaker: byId("speaker"),
      context: this.context,
      network: this.network,
      report: (counts) => this.#say("report", counts),
    });
  }

  #stop(afterMs = 0) {
    this.phone?.leave(afterMs);
    this.phone = null;
    this.#mute(false);
  }

  #say(type, more = {}) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({type, ...more}));
    }
  }

  #mute(muted) {
    this.phone?.mute(muted);
    byId("mute").ariaPressed = String(muted);
  }

  #press(key) {
    const went = this.phone?.press(key);
    put(byId("pressed"), went ? byId("pressed").textContent + key : "This call takes no keys.");
  }

  #spoil() {
    const {value: loss} = byId("loss"), {value: jitter} = byId("jitter");
    put(byId("loss-shown"), `${loss} %`);
    put(byId("jitter-shown"), `${jitter} ms`);
    this.network?.postMessage({loss: loss / 100, jitterMs: Number(jitter)});
  }

  async #limit() {
    if (this.state === "talking") await this.phone?.limit(Number(byId("bitrate").value));
  }

  #showLevels() {
    if (this.state !== "talking" || !this.phone) return;
    const {said, heard} = this.phone.levels;
    byId("said").value = Math.min(1, said * 4);
    byId("heard").value = Math.min(1, heard * 4);
  }

  #be(state) {
    this.state = state;
    byId("handset").dataset.state = state;
    put(byId("state"), SAID[state]);
    for (const [id, states] of Object.entries(SHOWN)) byId(id).hidden = !states.includes(state);
    if (!this.network) byId("network").hidden = true;
    this.#ringTone(state === "ringing");
  }

  // two tones, a second of three, until somebody decides
  #ringTone(on) {
    clearInterval(this.tone);
    if (!on) return;
    const burst = () => {
      const gain = new GainNode(this.context, {gain: 0.08});
      gain.connect(this.context.destination);
      for (const frequency of [440, 480]) {
        const source = new OscillatorNode(this.context, {frequency});
        source.connect(gain);
        source.start();
        source.stop(this.context.currentTime + 1);
      }
    };
    burst();
    this.tone = setInterval(burst, 3000);
  }
}
