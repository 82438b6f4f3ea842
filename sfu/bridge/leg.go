package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Spec is what whoever makes a leg wants of it.
type Spec struct {
	// ID names the leg, in paths and events; whoever makes it chooses it.
	ID string `json:"id"`
	// Label says in the log, as `call`, what the leg is for: whoever makes it knows. It comes in the request's query.
	Label string   `json:"-"`
	Room  RoomSpec `json:"room"`
	Peer  PeerSpec `json:"peer"`
	// FillRoom and FillPeer keep a direction going with silence.
	FillRoom bool `json:"fill_room,omitempty"`
	FillPeer bool `json:"fill_peer,omitempty"`
	// Gates are what may leave from the beginning; closed, where it says nothing.
	Gates map[side]Gate `json:"gates,omitempty"`
	// LingersS keeps the peer so long after the room was lost, in seconds: it may have something to say yet.
	LingersS float64 `json:"lingers_s,omitempty"`
	// EndsAfterS ends a leg that everybody has forgotten, in seconds.
	EndsAfterS float64 `json:"ends_after_s,omitempty"`
}

const (
	defaultLife = 4 * time.Hour
	// longer messages are not told: events are kept
	maxTold = 16 << 10
)

// side is one end of a leg: it names the stream that goes there, and what came from there.
type side string

const (
	sideRoom side = "room"
	sidePeer side = "peer"
)

// Leg joins one WebRTC peer to one LiveKit participant.
type Leg struct {
	spec    Spec
	network Network
	events  *Events
	gone    func(*Leg)
	join    Join
	began   time.Time
	streams map[side]*Stream
	// what came from the room's heard participant, and from the peer
	sources map[side]*Source

	// held while a connection is being made
	making sync.Mutex

	mu         sync.Mutex
	room       Room
	peers      []*Peer // the newest last; older ones until it stands
	generation int
	releases   map[side]*time.Timer // held streams that open when their side has sent something
	spoke      map[side]bool        // sides that have sent something
	recording  bool
	entering   bool
	closed     bool
	life       *time.Timer
}

// errGone is what a leg that has ended answers to everything.
var errGone = errors.New("the leg has ended")

// StartLeg makes a leg, and returns it with the description for its peer. The room's side comes up at the same time; `ready` says when.
func StartLeg(ctx context.Context, spec Spec, network Network, join Join, events *Events, gone func(*Leg)) (*Leg, string, error) {
	leg := &Leg{
		spec: spec, network: network, events: events, gone: gone, join: join, began: time.Now(),
		streams: map[side]*Stream{
			sideRoom: NewStream("to-room", spec.ID, spec.FillRoom),
			sidePeer: NewStream("to-peer", spec.ID, spec.FillPeer),
		},
		sources:  map[side]*Source{sideRoom: {}, sidePeer: {}},
		releases: map[side]*time.Timer{},
		spoke:    map[side]bool{},
	}
	leg.streams[sidePeer].SetSource(feeder{participant: spec.Room.Hears})
	leg.streams[sideRoom].OnTalk(leg.tellTalk)
	for to, gate := range spec.Gates {
		leg.streams[to].SetGate(gate, leg.began)
	}
	description, err := leg.Renew(ctx, spec.Peer)
	if err != nil {
		return nil, "", err
	}
	life := defaultLife
	if spec.EndsAfterS > 0 {
		life = time.Duration(spec.EndsAfterS * float64(time.Second))
	}
	leg.life = time.AfterFunc(life, func() { leg.Close("its time was over") })
	if !spec.Room.AwaitsAnswer || spec.Peer.Offer != "" {
		leg.enterOnce()
	}
	return leg, description, nil
}

// enterOnce begins to join the room, whoever asks first.
func (l *Leg) enterOnce() {
	l.mu.Lock()
	first := !l.entering && !l.closed
	l.entering = true
	l.mu.Unlock()
	if first {
		go l.enter(l.join)
	}
}

func (l *Leg) enter(join Join) {
	room, err := join(context.Background(), l.spec.Room, l.streams[sideRoom], l)
	if err != nil {
		l.Close(err.Error())
		return
	}
	l.mu.Lock()
	closed := l.closed
	l.room = room
	l.mu.Unlock()
	if closed {
		room.Leave()
		return
	}
	l.tell(evReady, map[string]any{"participant": room.Participant()})
}

func (l *Leg) tell(kind string, data map[string]any) { l.events.Tell(l.spec.ID, kind, data) }

func (l *Leg) tellTalk(began bool, at time.Time) {
	if began {
		l.tell(evTalkBegan, map[string]any{"stream": sideRoom})
	} else {
		l.tell(evTalkEnded, map[string]any{"stream": sideRoom, "ago_ms": time.Since(at).Milliseconds()})
	}
}

// --- the peer ---

// Renew makes a connection in the place of the one that there is, under the same participant, and returns its description. The old one
// goes on until the new one stands.
func (l *Leg) Renew(ctx context.Context, spec PeerSpec) (string, error) {
	l.making.Lock()
	defer l.making.Unlock()
	l.mu.Lock()
	l.generation++
	generation := l.generation
	l.mu.Unlock()
	peer, description, err := NewPeer(ctx, l.network, spec, generation, l.streams[sidePeer], l)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		peer.Close()
		return "", errGone
	}
	l.spec.Peer = spec
	l.peers = append(l.peers, peer)
	l.mu.Unlock()
	return description, nil
}

// Answer takes the peer's answer to our newest offer.
func (l *Leg) Answer(text string) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errGone
	}
	newest := l.peers[len(l.peers)-1]
	l.mu.Unlock()
	if err := newest.Answer(text); err != nil {
		return err
	}
	l.enterOnce()
	return nil
}

func (l *Leg) peerStands(generation int) {
	l.mu.Lock()
	var old []*Peer
	if len(l.peers) > 0 && l.peers[len(l.peers)-1].generation == generation {
		old = slices.Clone(l.peers[:len(l.peers)-1])
		l.peers = l.peers[len(l.peers)-1:]
	}
	l.mu.Unlock()
	l.streams[sidePeer].UseNewest()
	l.tell(evConnected, map[string]any{"generation": generation})
	for _, peer := range old {
		go peer.Close()
	}
}

func (l *Leg) peerLost(generation int, why string) {
	l.tell(evPeerLost, map[string]any{"generation": generation, "why": why})
}

func (l *Leg) peerPacket(generation int, header *rtp.Header, payload []byte, now time.Time) {
	if l.sources[sidePeer].Take(header, now) {
		l.tell(evFirstPacket, map[string]any{"from": sidePeer, "generation": generation})
		l.release(sidePeer)
	}
	l.streams[sideRoom].Forward(feeder{generation: generation}, header, payload, now)
}

func (l *Leg) peerEvent(header *rtp.Header, now time.Time) {
	l.sources[sidePeer].Pass(header, now)
}

func (l *Leg) peerDigit(pressed key) {
	l.tell(evDigit, map[string]any{"key": pressed.Key, "duration_ms": pressed.DurationMs})
}

// peerMessage looks for what moves the sound, and tells of what it was asked to.
func (l *Leg) peerMessage(generation int, text []byte) {
	var message struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(text, &message) != nil {
		return
	}
	l.mu.Lock()
	spec := l.spec.Peer
	l.mu.Unlock()
	if slices.Contains(spec.TellOn, message.Type) && len(text) <= maxTold {
		l.tell(evMessage, map[string]any{"generation": generation, "text": string(text)})
	}
	stream := l.streams[sideRoom]
	if stream.HasGuest() {
		return // the silence of the peer is not that of whoever speaks in its place
	}
	switch {
	case slices.Contains(spec.SpeechOn, message.Type):
		stream.Quiet(false)
	case slices.Contains(spec.QuietOn, message.Type):
		stream.Quiet(true)
	}
	if slices.Contains(spec.ClearOn, message.Type) {
		stream.Quiet(true)
		stream.Clear()
	}
}

// --- what leaves ---

// SetGate decides what of a stream may leave. With a bound, a held stream opens by itself once its side has sent something, for then it
// hears us, and after the bound at the latest.
func (l *Leg) SetGate(to side, gate Gate, releaseWithin time.Duration) {
	l.mu.Lock()
	if timer := l.releases[to]; timer != nil {
		timer.Stop()
		delete(l.releases, to)
	}
	hears := l.spoke[to]
	if gate == GateHeld && releaseWithin > 0 && !hears && !l.closed {
		l.releases[to] = time.AfterFunc(releaseWithin, func() { l.open(to) })
	}
	l.mu.Unlock()
	if gate == GateHeld && releaseWithin > 0 && hears {
		gate = GateOpen
	}
	l.streams[to].SetGate(gate, time.Now())
}

// release opens what was held until this side would send something.
func (l *Leg) release(from side) {
	l.mu.Lock()
	l.spoke[from] = true
	_, waits := l.releases[from]
	l.mu.Unlock()
	if waits {
		l.open(from)
	}
}

func (l *Leg) open(to side) {
	l.mu.Lock()
	timer, waits := l.releases[to]
	delete(l.releases, to)
	l.mu.Unlock()
	if !waits {
		return // somebody else was faster
	}
	timer.Stop()
	l.streams[to].SetGate(GateOpen, time.Now())
	l.tell(evReleased, map[string]any{"stream": to})
}

// Play puts a clip before what a stream's source sends.
func (l *Leg) Play(to side, clip string, frames [][]byte) {
	l.streams[to].Play(frames, func() { l.tell(evPlayed, map[string]any{"stream": to, "clip": clip}) })
}

// Clear drops what waits to leave, and returns how many frames that were.
func (l *Leg) Clear(to side) int { return l.streams[to].Clear() }

// Tick is to be called every 20 ms.
func (l *Leg) Tick(now time.Time) {
	for _, stream := range l.streams {
		stream.Tick(now)
	}
}

// Close ends the leg, once; `closed` is the last that is told of it.
func (l *Leg) Close(why string) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	room, peers := l.room, l.peers
	for to, timer := range l.releases {
		timer.Stop()
		delete(l.releases, to)
	}
	if l.life != nil {
		l.life.Stop()
	}
	l.mu.Unlock()
	for _, peer := range peers {
		peer.Close()
	}
	if room != nil {
		room.Leave()
	}
	_ = l.StopRecording()
	l.gone(l)
	l.tell(evClosed, map[string]any{"why": why})
}

func (l *Leg) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}
