// The phone itself: the browser's own peer connection. Sound goes between it and the business.

const LOUD = 0.01;

// only what a WhatsApp call is made of
const codecs = () => RTCRtpReceiver.getCapabilities("audio").codecs.filter(
  ({mimeType, clockRate}) => /^audio\/opus$/i.test(mimeType) ||
    (/^audio\/telephone-event$/i.test(mimeType) && clockRate === 8000));

const level = (analyser) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
};

export class Phone {
  // `report` takes what the browser counts; `speaker` is an audio element
  constructor({microphone, speaker, context, report, network}) {
    this.microphone = microphone;
    this.network = network;
    this.report = report;
    this.speaker = speaker;
    this.context = context;
    this.told = {};
    this.peer = new RTCPeerConnection();
    this.peer.ontrack = ({track}) => this.#hear(track);
    for (const name of ["iceconnectionstatechange", "connectionstatechange"]) {
      this.peer.addEventListener(name, () => this.#look());
    }
    this.watching = setInterval(() => this.#look(), 250);
    this.own = context.createAnalyser();
    context.createMediaStreamSource(microphone).connect(this.own);
  }

  // Offer the business a call; gives the description.
  async offer() {
    const transceiver = this.peer.addTransceiver("audio", {
      direction: "sendrecv", streams: [this.microphone]});
    this.#prepare(transceiver);
    return this.#describe(await this.peer.createOffer());
  }

  // Answer what the business offers; gives the description.
  async answer(sdp) {
    await this.peer.setRemoteDescription({type: "offer", sdp});
    const [transceiver] = this.peer.getTransceivers();
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams(this.microphone);
    this.#prepare(transceiver);
    return this.#describe(await this.peer.createAnswer());
  }

  async answered(sdp) {
    await this.peer.setRemoteDescription({type: "answer", sdp});
  }

  // Nothing leaves the phone before: WhatsApp's own phones are silent until then.
  async talk() {
    await this.sender.replaceTrack(this.microphone.getAudioTracks()[0]);
  }

  mute(muted) {
    for (const track of this.microphone.getAudioTracks()) track.enabled = !muted;
  }

  press(keys) {
    if (!this.sender.dtmf?.canInsertDTMF) return false;
    this.sender.dtmf.insertDTMF(this.sender.dtmf.toneBuffer + keys, 160, 80);
    return true;
  }

  async limit(bitsPerSecond) {
    const parameters = this.sender.getParameters();
    for (const one of parameters.encodings) {
      if (bitsPerSecond) one.maxBitrate = bitsPerSecond; else delete one.maxBitrate;
    }
    await this.sender.setParameters(parameters);
  }

  // Send and play nothing any more. The connection is closed later, for a browser says goodbye with
  // that (DTLS), and a phone of WhatsApp's does not: who hung up is for the webhook to tell.
  leave(afterMs) {
    clearInterval(this.watching);
    this.mute(false);
    this.sender?.replaceTrack(null);
    this.speaker.srcObject = null;
    setTimeout(() => this.peer.close(), afterMs);
  }

  // How loud both are now, 0 to 1.
  get levels() {
    return {said: level(this.own), heard: this.theirs ? level(this.theirs) : 0};
  }

  #prepare(transceiver) {
    this.sender = transceiver.sender;
    transceiver.setCodecPreferences(codecs());
    if (this.network) {
      for (const end of [transceiver.sender, transceiver.receiver]) {
        end.transform = new RTCRtpScriptTransform(this.network, {});
      }
    }
  }

  async #describe(description) {
    await this.peer.setLocalDescription(description);
    // everything in one description, as WhatsApp has it: nothing trickles
    if (this.peer.iceGatheringState !== "complete") {
      await new Promise((done) => {
        this.peer.addEventListener("icegatheringstatechange", () => {
          if (this.peer.iceGatheringState === "complete") done();
        });
      });
    }
    return this.peer.localDescription.sdp;
  }

  #hear(track) {
    const stream = new MediaStream([track]);
    // Chromium gives an analyser silence unless the stream plays somewhere
    this.speaker.srcObject = stream;
    this.theirs = this.context.createAnalyser();
    this.context.createMediaStreamSource(stream).connect(this.theirs);
  }

  async #look() {
    const now = {received: 0, lost: 0, sent: 0};
    for (const one of (await this.peer.getStats()).values()) {
      if (one.type === "inbound-rtp") {
        now.received += one.packetsReceived ?? 0;
        now.lost += one.packetsLost ?? 0;
      }
      if (one.type === "outbound-rtp") now.sent += one.packetsSent ?? 0;
    }
    now.ice = ["connected", "completed"].includes(this.peer.iceConnectionState);
    now.dtls = this.peer.connectionState === "connected";
    now.failed = this.peer.connectionState === "failed";
    now.audible = now.received > 0 && this.levels.heard > LOUD;
    this.told = now;
    this.report(now);
  }
}
