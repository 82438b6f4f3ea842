package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Event is something that whoever controls a leg wants to know.
type Event struct {
	Seq  uint64         `json:"seq"`
	At   time.Time      `json:"at"`
	Leg  string         `json:"leg,omitempty"`
	Type string         `json:"type"`
	Data map[string]any `json:"data,omitempty"`
}

// What happens to a leg.
const (
	evReady       = "ready"        // in the room, and listed there if it publishes
	evConnected   = "connected"    // the peer's connection stands; data: generation
	evFirstPacket = "first-packet" // data: from (peer or room), generation
	evReleased    = "released"     // a held gate has opened by itself; data: stream
	evDigit       = "digit"        // data: key, duration_ms
	evMessage     = "message"      // on the peer's data channel, if it was asked for; data: generation, text
	evPlayed      = "played"       // data: stream, clip
	evPeerLost    = "peer-lost"    // data: generation, why
	evRoomLost    = "room-lost"    // data: why
	evJoined      = "participant-joined"
	evLeft        = "participant-left"
	evAttributes  = "participant-attributes" // of the heard one, all of them; data: identity, attributes
	evData        = "data"                   // a data message in the room; data: topic, from (empty: the server), text
	evTalkBegan   = "talk-began"             // speech begins to leave; data: stream
	evTalkEnded   = "talk-ended"             // it has ceased; data: stream, ago_ms: since its last packet
	evClosed      = "closed"                 // data: why; the last one of a leg
)

const (
	keptEvents  = 4096
	readerSlack = 512
)

// Events hands out what happens, in one order, to whoever reads. The newest ones are kept, so that a reader that comes back misses
// nothing.
type Events struct {
	mu      sync.Mutex
	kept    []Event
	seq     uint64
	readers map[chan Event]struct{}
	closed  bool
}

// NewEvents makes an empty list.
func NewEvents() *Events { return &Events{readers: map[chan Event]struct{}{}} }

// Tell adds an event. It never waits: a reader that is too slow is hung up on and has to come back.
func (e *Events) Tell(leg, kind string, data map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++
	event := Event{Seq: e.seq, At: time.Now(), Leg: leg, Type: kind, Data: data}
	if len(e.kept) >= keptEvents {
		e.kept = thinned(e.kept)
	}
	e.kept = append(e.kept, event)
	for reader := range e.readers {
		select {
		case reader <- event:
		default:
			delete(e.readers, reader)
			close(reader)
		}
	}
}

// thinned forgets the older half of what can be learned elsewhere; if that is not much, the older half of everything.
func thinned(kept []Event) []Event {
	half := len(kept) / 2
	var left []Event
	for at, event := range kept {
		if at >= half || !slices.Contains([]string{evMessage, evTalkBegan, evTalkEnded}, event.Type) {
			left = append(left, event)
		}
	}
	if len(left) > len(kept)*3/4 {
		return append(kept[:0:0], kept[half:]...)
	}
	return left
}

// Read returns what happened after `after`, and then what happens. The channel is closed when the reader was too slow, the list ends or the
// context does.
func (e *Events) Read(ctx context.Context, after uint64) ([]Event, <-chan Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var missed []Event
	for _, event := range e.kept {
		if event.Seq > after {
			missed = append(missed, event)
		}
	}
	reader := make(chan Event, readerSlack)
	if e.closed {
		close(reader)
		return missed, reader
	}
	e.readers[reader] = struct{}{}
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, there := e.readers[reader]; there {
			delete(e.readers, reader)
			close(reader)
		}
	})
	return missed, reader
}

// Close ends every reader, once it has read what is there.
func (e *Events) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for reader := range e.readers {
		delete(e.readers, reader)
		close(reader)
	}
}
