// A call's room, joined by this browser: to hear it, or to speak in the agent's place.
import { livekit } from "./vendor.js";

const SENTENCES = {
  NotAllowedError: "The browser may not use the microphone: allow it for this page, and try again.",
  NotFoundError: "There is no microphone: plug one in, and try again.",
  NotReadableError: "The microphone is in use by another program: end that, and try again.",
};

/** Join; `hears(level)` is called ten times a second with 0..1. Returns how to leave. */
export async function join({ url, token }, { speak = false, hears, left }) {
  const { Room, RoomEvent, Track, createAudioAnalyser } = await livekit();
  // over one peer connection for both ways, a microphone that joins what is being heard fails every
  // second time: "Transceiver not found based on m-line index"
  const room = new Room({ adaptiveStream: false, dynacast: false, singlePeerConnection: false });
  const analysers = new Map();
  const elements = document.createElement("div");
  elements.hidden = true;
  document.body.append(elements);

  const attach = (track, publication, by) => {
    if (track.kind !== Track.Kind.Audio) return;
    // who speaks in the agent's place would hear themselves: its track carries their own voice
    if (speak && by.identity === "agent") { publication.setSubscribed(false); return; }
    // a remote track gives an analyser nothing until an element plays it
    elements.append(track.attach());
    analysers.set(track.sid, createAudioAnalyser(track));
  };
  room.on(RoomEvent.TrackSubscribed, attach);
  room.on(RoomEvent.TrackUnsubscribed, (track) => {
    track.detach().forEach((element) => element.remove());
    analysers.get(track.sid)?.cleanup();
    analysers.delete(track.sid);
  });
  const meter = setInterval(() => {
    hears(Math.max(0, ...[...analysers.values()].map((one) => one.calculateVolume())));
  }, 100);
  const tidy = () => {
    clearInterval(meter);
    analysers.forEach((one) => one.cleanup());
    analysers.clear();
    elements.remove();
  };
  room.on(RoomEvent.Disconnected, () => { tidy(); left(); });
  let isIn = false;
  try {
    await room.connect(url, token);
    isIn = true;
    await room.startAudio();
    if (speak) {
      // the bridge forwards these packets as they are: plain Opus, without pauses in the stream
      await room.localParticipant.setMicrophoneEnabled(true, {}, { dtx: false, red: false });
    }
  } catch (error) {
    tidy();
    await room.disconnect();
    throw new Error(SENTENCES[error.name] ?? (isIn
      ? `The room was joined, and the microphone could not be heard there (${error.name}); try again.`
      : "The room could not be joined: is LIVEKIT_PUBLIC_URL an address that this browser reaches?"));
  }
  return () => room.disconnect();
}
