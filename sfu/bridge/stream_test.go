package main

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// wire keeps what a stream has sent.
type wire struct {
	mu      sync.Mutex
	packets []rtp.Packet
}

func (w *wire) WriteRTP(header *rtp.Header, payload []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets = append(w.packets, rtp.Packet{Header: *header, Payload: append([]byte(nil), payload...)})
	return len(payload), nil
}

func (w *wire) Write([]byte) (int, error) { return 0, nil }

var _ webrtc.TrackLocalWriter = (*wire)(nil)

var speech = []byte{0xf8, 1, 2, 3, 4, 5, 6, 7}

// bench is a stream on a wire, a source, and a clock that only the test moves.
type bench struct {
	*Stream
	out *wire
	now time.Time
	who feeder
	seq uint16
	ts  uint32
}

func newBench(fill bool) *bench {
	b := &bench{Stream: NewStream("a", "b", fill), out: &wire{}, now: time.Unix(1000, 0), seq: 65530, ts: 1<<32 - 3000}
	b.writers["w"] = writer{out: b.out, pt: 111, ssrc: 7, born: 1}
	b.current = "w"
	return b
}

// say lets the source send a packet, `after` its last one, and skips `lost` before it.
func (b *bench) say(after time.Duration, lost int) {
	b.pass(after)
	b.seq += uint16(1 + lost)
	b.ts += uint32(after * clockRate / time.Second)
	b.Forward(b.who, &rtp.Header{SSRC: 99, SequenceNumber: b.seq, Timestamp: b.ts}, speech, b.now)
}

// pass lets time pass, with the ticks that are due in it.
func (b *bench) pass(by time.Duration) {
	for end := b.now.Add(by); b.now.Before(end); {
		b.now = b.now.Add(min(frame, end.Sub(b.now)))
		b.Tick(b.now)
	}
}

// check fails unless what left is one stream: one SSRC, no number twice, times that grow with the numbers.
func (b *bench) check(t *testing.T) {
	t.Helper()
	seen := map[uint16]uint32{}
	for at, packet := range b.out.packets {
		if packet.SSRC != 7 || packet.PayloadType != 111 {
			t.Fatalf("packet %d is of another stream", at)
		}
		if _, twice := seen[packet.SequenceNumber]; twice {
			t.Fatalf("packet %d has a number that was there before", at)
		}
		seen[packet.SequenceNumber] = packet.Timestamp
	}
	for seq, ts := range seen {
		if next, there := seen[seq+1]; there && int32(next-ts) <= 0 {
			t.Fatalf("time goes backwards behind number %d", seq)
		}
	}
}

func TestNothingLeavesThroughAClosedGate(t *testing.T) {
	b := newBench(true)
	for range 50 {
		b.say(frame, 0)
	}
	if len(b.out.packets) != 0 || b.Counts().Dropped != 50 {
		t.Fatal(len(b.out.packets), b.Counts())
	}
}

func TestATrackIsPrimedBehindAClosedGate(t *testing.T) {
	b := newBench(true)
	b.Prime(b.now)
	b.SetGate(GateOpen, b.now)
	b.Prime(b.now) // too late: silence flows by itself
	if len(b.out.packets) != 1 {
		t.Fatal(len(b.out.packets))
	}
}

func TestLossAndOrderArePassedOnAsTheyAre(t *testing.T) {
	b := newBench(false)
	b.SetGate(GateOpen, b.now)
	b.say(frame, 0)
	b.say(2*frame, 1)
	first, second := b.out.packets[0], b.out.packets[1]
	if second.SequenceNumber-first.SequenceNumber != 2 || second.Timestamp-first.Timestamp != 2*frameTicks {
		t.Fatal("a loss was hidden", first.Header, second.Header)
	}
	if !first.Marker || second.Marker {
		t.Fatal("the marker belongs to the beginning of speech")
	}
	b.check(t)
}

func TestALatePacketGetsItsPlace(t *testing.T) {
	b := newBench(false)
	b.SetGate(GateOpen, b.now)
	b.say(frame, 0)
	b.say(2*frame, 1)
	late := rtp.Header{SSRC: 99, SequenceNumber: b.seq - 1, Timestamp: b.ts - frameTicks}
	b.Forward(b.who, &late, speech, b.now)
	got := b.out.packets
	if got[2].SequenceNumber != got[0].SequenceNumber+1 || got[2].Timestamp != got[0].Timestamp+frameTicks {
		t.Fatal(got[0].Header, got[2].Header)
	}
	b.check(t)
}

func TestAPacketFromBeforeTheSilenceIsNotSent(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	b.say(frame, 0)
	b.pass(10 * frame)
	b.say(frame, 1)
	sent := len(b.out.packets)
	b.Forward(b.who, &rtp.Header{SSRC: 99, SequenceNumber: b.seq - 1, Timestamp: b.ts - frameTicks}, speech, b.now)
	if len(b.out.packets) != sent {
		t.Fatal("its place was taken by silence")
	}
	b.check(t)
}

func TestSilenceFillsWhatTheSourceLeaves(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	for range 10 {
		b.say(frame, 0)
	}
	b.pass(time.Second)
	b.say(0, 0)
	counts := b.Counts()
	if counts.Filled < 46 || counts.Filled > 50 {
		t.Fatal(counts.Filled)
	}
	// 60 ms of patience and a tick
	if counts.LongMs > 80 {
		t.Fatal(counts.LongMs)
	}
	b.check(t)
}

func TestAnnouncedSilenceIsFilledAtOnce(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	for range 10 {
		b.say(frame, 0)
	}
	b.Quiet(true)
	b.pass(time.Second)
	if longest := b.Counts().LongMs; longest > 40 {
		t.Fatal(longest)
	}
}

func TestSilenceDoesNotRunAheadOfTheClock(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	// a burst: a second of sound at once
	for range 50 {
		b.ts += frameTicks
		b.seq++
		b.Forward(b.who, &rtp.Header{SSRC: 99, SequenceNumber: b.seq, Timestamp: b.ts}, speech, b.now)
	}
	b.pass(900 * time.Millisecond)
	if filled := b.Counts().Filled; filled != 0 {
		t.Fatal(filled)
	}
	b.pass(200 * time.Millisecond)
	if filled := b.Counts().Filled; filled == 0 || filled > 6 {
		t.Fatal(filled)
	}
	b.check(t)
}

func TestSpeechWaitsAtAHeldGateWhileSilenceLeaves(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateHeld, b.now)
	for range 10 {
		b.say(frame, 0)
	}
	counts := b.Counts()
	if counts.Waiting != 10 || counts.Filled < 9 {
		t.Fatal(counts)
	}
	b.SetGate(GateOpen, b.now)
	b.pass(10 * frame)
	said := 0
	for _, packet := range b.out.packets {
		if !isSpeechless(packet.Payload) {
			said++
		}
	}
	if said != 10 || b.Counts().Waiting != 0 {
		t.Fatal(said, b.Counts())
	}
	b.check(t)
}

func TestSpeechWaitsAtAGateThatLetsNothingLeave(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateKept, b.now)
	for range 10 {
		b.say(frame, 0)
	}
	if counts := b.Counts(); len(b.out.packets) != 0 || counts.Waiting != 10 || counts.Gaps != 0 {
		t.Fatal(len(b.out.packets), counts)
	}
	b.SetGate(GateHeld, b.now)
	b.pass(2 * frame)
	if counts := b.Counts(); counts.Waiting != 10 || counts.Filled != 2 {
		t.Fatal(counts)
	}
	b.SetGate(GateOpen, b.now)
	b.pass(10 * frame)
	if counts := b.Counts(); counts.Waiting != 0 || counts.Sent != 12 || counts.Dropped != 0 {
		t.Fatal(counts)
	}
	b.check(t)
}

func TestPausesMakeUpForTheWait(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateHeld, b.now)
	b.Forward(b.who, &rtp.Header{SSRC: 99, SequenceNumber: 1}, speech, b.now)
	b.Forward(b.who, &rtp.Header{SSRC: 99, SequenceNumber: 2}, silence, b.now)
	if waiting := b.Counts().Waiting; waiting != 1 {
		t.Fatal(waiting)
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateHeld, b.now)
	for range maxWaiting + 10 {
		b.say(frame, 0)
	}
	if counts := b.Counts(); counts.Waiting != maxWaiting || counts.Dropped != 10 {
		t.Fatal(counts)
	}
}

func TestAClipIsPlayedByOurClockBeforeTheSource(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	played := 0
	b.Play([][]byte{{0xf8, 'c', 'l', 'i'}, {0xf8, 'c', 'l', 'p'}}, func() { played++ })
	b.say(frame, 0)
	b.pass(3 * frame)
	if played != 1 {
		t.Fatal(played)
	}
	var order []byte
	for _, packet := range b.out.packets {
		if !isSpeechless(packet.Payload) {
			order = append(order, packet.Payload[1])
		}
	}
	if string(order) != "cc\x01" {
		t.Fatalf("%q", order)
	}
	b.check(t)
}

func TestClearedClipsAreNotCalledPlayed(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	b.Play([][]byte{speech, speech}, func() { t.Fatal("it was dropped") })
	if dropped := b.Clear(); dropped != 2 {
		t.Fatal(dropped)
	}
	b.pass(time.Second)
}

func TestOnlyTheSourceIsSent(t *testing.T) {
	b := newBench(false)
	b.SetGate(GateOpen, b.now)
	b.say(frame, 0)
	b.SetSource(feeder{participant: "operator"})
	b.say(frame, 0)
	if len(b.out.packets) != 1 {
		t.Fatal("the one before still speaks")
	}
	b.who = feeder{participant: "operator"}
	b.say(frame, 0)
	if len(b.out.packets) != 2 || b.out.packets[1].SequenceNumber != b.out.packets[0].SequenceNumber+1 {
		t.Fatal("the new one does not go on where the old one ended")
	}
	b.check(t)
}

func TestARenewedConnectionTakesOverWithItsFirstPacket(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	b.who = feeder{generation: 1}
	b.say(frame, 0)
	b.who = feeder{generation: 2}
	b.say(frame, 0)
	b.who = feeder{generation: 1}
	b.say(frame, 0)
	said := 0
	for _, packet := range b.out.packets {
		if !isSpeechless(packet.Payload) {
			said++
		}
	}
	if said != 2 {
		t.Fatal("the old connection still speaks")
	}
	b.check(t)
}

func TestAnythingASourceMaySendLeavesAsOneStream(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBench(random.IntN(2) == 0)
		b.SetGate(GateOpen, b.now)
		for range 300 {
			switch random.IntN(12) {
			case 0:
				b.pass(time.Duration(random.IntN(500)) * time.Millisecond)
			case 1:
				b.ts += random.Uint32()
			case 2:
				b.seq += uint16(random.Uint32())
			case 3:
				b.SetGate([]Gate{GateOpen, GateHeld, GateClosed}[random.IntN(3)], b.now)
			case 4:
				b.Play([][]byte{speech}, nil)
			case 5:
				b.who.generation++
			case 6:
				b.Quiet(random.IntN(2) == 0)
			default:
				b.say(time.Duration(random.IntN(45))*time.Millisecond, random.IntN(3))
			}
		}
		b.check(t)
	}
}

func TestAHundredThousandPacketsGoThroughUnchanged(t *testing.T) {
	b := newBench(true)
	b.SetGate(GateOpen, b.now)
	for range 100_000 {
		b.say(frame, 0)
	}
	if counts := b.Counts(); counts.Filled > 1 || counts.Moved != 0 || counts.Sent != 100_000+counts.Filled {
		t.Fatal(counts)
	}
	b.checkNeighbours(t)
}

// checkNeighbours is check for streams longer than the numbers: neighbours only.
func (b *bench) checkNeighbours(t *testing.T) {
	t.Helper()
	for at := 1; at < len(b.out.packets); at++ {
		before, now := b.out.packets[at-1], b.out.packets[at]
		if now.SequenceNumber != before.SequenceNumber+1 || now.Timestamp != before.Timestamp+frameTicks {
			t.Fatal(at, before.Header, now.Header)
		}
	}
}
