package main

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Gate says what of a stream's source may leave.
type Gate string

const (
	// GateClosed lets nothing leave, and keeps nothing.
	GateClosed Gate = "closed"
	// GateKept lets nothing leave, and keeps the source's speech for later.
	GateKept Gate = "kept"
	// GateHeld lets silence leave and keeps the source's speech for later.
	GateHeld Gate = "held"
	// GateOpen lets everything leave.
	GateOpen Gate = "open"
)

// leaves says whether anything does, be it silence.
func (g Gate) leaves() bool { return g == GateHeld || g == GateOpen }

const (
	// silence steps in for a source after this; less when the source said that it would be silent
	patience      = 60 * time.Millisecond
	patienceQuiet = 25 * time.Millisecond
	// what may wait: half a minute of speech
	maxWaiting = 1500
	// a source that jumps further is a new beginning
	maxJump = 5 * clockRate
	// a pause that somebody may hear
	gapHeard = 60 * time.Millisecond
)

// feeder names who a packet is from: the peer's connection of a generation, or a participant.
type feeder struct {
	participant string
	generation  int
}

// waiting is a frame that has its turn later. `done` is called when it has left, as the last of its clip.
type waiting struct {
	payload []byte
	done    func()
}

// Stream is an Opus track that we send: one SSRC, one sequence and one clock for its whole life, whatever feeds it. Payloads are
// never looked into, but for their length.
//
// It is a webrtc.TrackLocal. Times are handed in, so that nothing here knows a clock.
type Stream struct {
	id, label string
	// filled with silence where the source sends nothing
	fill bool

	mu      sync.Mutex
	writers map[string]writer
	current string
	born    int

	gate   Gate
	source feeder
	queue  []waiting
	record *Recorder
	keeps  *Capture

	began  time.Time // when it was opened first
	base   uint32    // its timestamp then
	seq    uint16    // of what left last
	ts     uint32
	length uint32 // how long that sounds
	lastAt time.Time

	from  mapping
	heard time.Time // when the source sent last
	quiet bool      // the source has announced silence

	talk talk

	counts StreamCounts
}

// mapping turns the source's numbers into ours, for one stretch in which the source alone was sent.
type mapping struct {
	holds bool
	who   feeder
	ssrc  uint32
	seq   uint16 // added to the source's
	ts    uint32
	first uint16 // the source's at its beginning, and the newest one
	last  uint16
}

// StreamCounts is what a stream has done; all of it only grows.
type StreamCounts struct {
	Sent    uint64 `json:"sent"`
	Filled  uint64 `json:"filled"`
	Moved   uint64 `json:"moved"`
	Dropped uint64 `json:"dropped"`
	Late    uint64 `json:"late"`
	Gaps    uint64 `json:"gaps"`
	Waiting int    `json:"waiting"`
	LongMs  int64  `json:"longest_gap_ms"`
}

// NewStream makes a stream whose gate is closed.
func NewStream(id, label string, fill bool) *Stream {
	return &Stream{
		id: id, label: label, fill: fill, gate: GateClosed,
		writers: map[string]writer{},
		seq:     uint16(rand.Uint32()), ts: rand.Uint32(), length: frameTicks,
	}
}

// --- control ---

// SetGate decides what may leave from now on. Closing forgets what waits.
func (s *Stream) SetGate(gate Gate, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gate.leaves() && gate.leaves() {
		s.lastAt = now
		if s.began.IsZero() {
			s.began, s.base = now, s.ts
		}
	}
	if gate == GateClosed {
		s.forget()
	}
	s.gate = gate
	s.from.holds = false
}

// SetSource decides whose packets are sent; what waits of the one before is forgotten.
func (s *Stream) SetSource(source feeder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source != source {
		s.source, s.quiet, s.from.holds = source, false, false
		s.forget()
	}
}

// HasGuest says whether a participant speaks in the peer's place.
func (s *Stream) HasGuest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.participant != ""
}

// Play puts frames before what the source sends; `done` is called when the last one has left, not if they are dropped.
func (s *Stream) Play(frames [][]byte, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, payload := range frames {
		one := waiting{payload: payload}
		if at == len(frames)-1 {
			one.done = done
		}
		s.queue = append(s.queue, one)
	}
}

// Clear drops what waits, and returns how many frames that were.
func (s *Stream) Clear() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := len(s.queue)
	s.forget()
	return count
}

// Quiet notes that the source has announced silence, or speech.
func (s *Stream) Quiet(quiet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = quiet
}

// Record writes what leaves into a recorder from now on; nil ends it. It returns the one before.
func (s *Stream) Record(to *Recorder) *Recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.record
	s.record = to
	return before
}

// Capture keeps what leaves from now on; nil ends it. It returns the one before.
func (s *Stream) Capture(to *Capture) *Capture {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.keeps
	s.keeps = to
	return before
}

// Counts returns what the stream has done so far.
func (s *Stream) Counts() StreamCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Waiting = len(s.queue)
	return counts
}

// GateNow returns what may leave.
func (s *Stream) GateNow() Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gate
}

// Prime sends one silent frame whatever the gate says: an SFU lists a track once it has seen a packet of it.
func (s *Stream) Prime(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.own(silence, now)
	}
}

func (s *Stream) forget() {
	s.counts.Dropped += uint64(len(s.queue))
	s.queue = nil
}

// --- packets ---

// Forward sends one packet of a feeder, or keeps or drops it. The payload is not kept by reference.
func (s *Stream) Forward(who feeder, header *rtp.Header, payload []byte, now time.Time) {
	if len(payload) == 0 { // a probe, or padding
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if who.participant != s.source.participant || who.generation < s.source.generation {
		s.counts.Dropped++
		return
	}
	s.source = who // a newer connection of the peer takes over with its first packet
	s.heard = now
	switch {
	case s.gate == GateClosed:
		s.counts.Dropped++
	case s.gate != GateOpen || len(s.queue) > 0:
		s.keep(payload)
	default:
		s.send(who, header, payload, now)
	}
}

// keep lets a packet wait. Pauses are not kept: they are what makes up for the time that speech waited.
func (s *Stream) keep(payload []byte) {
	if isSpeechless(payload) {
		return
	}
	if len(s.queue) >= maxWaiting {
		s.queue = s.queue[1:]
		s.counts.Dropped++
	}
	s.queue = append(s.queue, waiting{payload: append([]byte(nil), payload...)})
}

func (s *Stream) send(who feeder, header *rtp.Header, payload []byte, now time.Time) {
	m := &s.from
	goesOn := m.holds && m.who == who && m.ssrc == header.SSRC
	if goesOn {
		if int16(header.SequenceNumber-m.last) <= 0 {
			// late: its place is free if it belongs to this stretch
			s.counts.Late++
			if int16(header.SequenceNumber-m.first) >= 0 {
				s.write(header.SequenceNumber+m.seq, header.Timestamp+m.ts, false, payload, now)
			}
			return
		}
		if ahead := int32(header.Timestamp + m.ts - s.ts); ahead <= 0 || ahead > maxJump {
			s.counts.Moved++
			goesOn = false
		}
	}
	if !goesOn {
		at := s.next(now)
		*m = mapping{
			holds: true, who: who, ssrc: header.SSRC,
			seq: s.seq + 1 - header.SequenceNumber, ts: at - header.Timestamp, first: header.SequenceNumber,
		}
	}
	m.last = header.SequenceNumber
	s.seq, s.ts, s.length = header.SequenceNumber+m.seq, header.Timestamp+m.ts, ticks(payload)
	s.note(now)
	s.write(s.seq, s.ts, !goesOn || header.Marker, payload, now)
}

// own sends a frame that no source numbered: silence, or what waited. The source's next packet begins a new stretch behind it.
func (s *Stream) own(payload []byte, now time.Time) {
	s.ts = s.next(now)
	s.seq++
	s.length = ticks(payload)
	s.from.holds = false
	s.note(now)
	s.write(s.seq, s.ts, false, payload, now)
}

// next returns the timestamp of what is sent now out of the source's order: behind what left last, or where the clock stands if that
// is further, so that neither fills nor gaps add to the delay.
func (s *Stream) next(now time.Time) uint32 {
	at := s.ts + s.length
	if s.fill && !s.began.IsZero() {
		if clock := s.clock(now); int32(clock-at) > 0 {
			return clock
		}
	}
	return at
}

// clock is where the stream should stand now, in whole frames.
func (s *Stream) clock(now time.Time) uint32 {
	return s.base + uint32(now.Sub(s.began)/frame)*frameTicks
}

func (s *Stream) note(now time.Time) {
	if !s.lastAt.IsZero() && s.gate.leaves() {
		if gap := now.Sub(s.lastAt); gap > gapHeard {
			s.counts.Gaps++
			s.counts.LongMs = max(s.counts.LongMs, gap.Milliseconds())
		}
	}
	s.lastAt = now
}

func (s *Stream) write(seq uint16, ts uint32, marker bool, payload []byte, now time.Time) {
	if s.record != nil {
		s.record.Write(payload, now)
	}
	s.talk.sent(payload, now)
	if s.keeps != nil {
		s.keeps.Take(payload)
	}
	to, bound := s.writers[s.current]
	if !bound {
		return
	}
	header := rtp.Header{
		Version: 2, Marker: marker, PayloadType: to.pt, SequenceNumber: seq, Timestamp: ts, SSRC: to.ssrc,
	}
	if _, err := to.out.WriteRTP(&header, payload); err == nil {
		s.counts.Sent++
	}
}

// Tick sends what is due: a frame that waited, or silence. It is to be called every 20 ms.
func (s *Stream) Tick(now time.Time) {
	s.mu.Lock()
	s.talk.look(s.quiet, now)
	if s.gate == GateOpen && len(s.queue) > 0 {
		first := s.queue[0]
		s.queue = s.queue[1:]
		s.own(first.payload, now)
		s.mu.Unlock()
		if first.done != nil {
			first.done()
		}
		return
	}
	defer s.mu.Unlock()
	if !s.gate.leaves() || !s.fill {
		return
	}
	bound := patience
	if s.quiet || s.gate == GateHeld || !s.from.holds {
		bound = patienceQuiet
	}
	// ahead of the clock nothing is due: a burst of the source has been sent already
	if now.Sub(s.heard) >= bound || s.gate == GateHeld {
		if int32(s.clock(now)-s.ts) >= frameTicks {
			s.own(silence, now)
			s.counts.Filled++
		}
	}
}
