package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

var loopback = Network{Loopback: true}

// stage is a room without a server: what a leg publishes ends in `heard`, and whoever the test is speaks.
type stage struct {
	spec RoomSpec
	out  *Stream
	leg  RoomHandler
	wire wire

	mu    sync.Mutex
	hears []string
	left  int
}

func (s *stage) join(_ context.Context, spec RoomSpec, out *Stream, heard RoomHandler) (Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spec, s.out, s.leg = spec, out, heard
	out.mu.Lock()
	out.writers["stage"] = writer{out: &s.wire, pt: 111, ssrc: 7, born: 1}
	out.current = "stage"
	out.mu.Unlock()
	return s, nil
}

func (s *stage) Participant() string { return "PA_stage" }

func (s *stage) Attributes(map[string]string) {}

func (s *stage) Hear(identity string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hears = append(s.hears, identity)
}

func (s *stage) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left++
}

// heard returns the first bytes of the speech that has come so far.
func (s *stage) heard() []byte {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	var first []byte
	for _, packet := range s.wire.packets {
		if !isSpeechless(packet.Payload) {
			first = append(first, packet.Payload[1])
		}
	}
	return first
}

// listener collects what is told of a leg.
type listener struct {
	mu   sync.Mutex
	told []Event
}

func listenTo(events *Events) *listener {
	l := &listener{}
	_, coming := events.Read(context.Background(), 0)
	go func() {
		for event := range coming {
			l.mu.Lock()
			l.told = append(l.told, event)
			l.mu.Unlock()
		}
	}()
	return l
}

func (l *listener) count(kind string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for _, event := range l.told {
		if event.Type == kind {
			count++
		}
	}
	return count
}

// of returns what was told of one kind.
func (l *listener) of(kind string) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for _, event := range l.told {
		if event.Type == kind {
			found = append(found, event.Data)
		}
	}
	return found
}

// call is a leg that stands between a stage and a far end.
type call struct {
	*Leg
	bridge *Bridge
	room   *stage
	far    *far
	told   *listener
}

func newCall(t *testing.T, spec Spec) *call {
	t.Helper()
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 10)
	told := listenTo(bridge.events)
	running, stop := context.WithCancel(context.Background())
	go bridge.Run(running)
	spec.ID, spec.Room = "one", RoomSpec{URL: "x", Token: "y", Track: "agent-audio", Hears: "caller"}
	leg, offer, err := bridge.Make(context.Background(), spec)
	must(t, err)
	t.Cleanup(func() { leg.Close("the test is over"); stop() })
	c := &call{Leg: leg, bridge: bridge, room: room, far: newFar(t), told: told}
	must(t, leg.Answer(c.far.answer(offer)))
	eventually(t, "the peer's connection stands", func() bool { return told.count(evConnected) == 1 && told.count(evReady) == 1 })
	return c
}

// callerSays lets the room's participant speak.
func (c *call) callerSays(what byte, seq uint16) {
	header := rtp.Header{SSRC: 5, SequenceNumber: seq, Timestamp: uint32(seq) * frameTicks}
	c.room.leg.roomPacket("caller", &header, []byte{0xf8, what, 0, 0, 0}, time.Now())
}

func TestBothDirectionsAreForwardedUntouched(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateOpen, 0)
	c.SetGate(sidePeer, GateOpen, 0)
	for at := range byte(50) {
		c.far.say(at)
		c.callerSays(at, uint16(at))
		time.Sleep(2 * time.Millisecond)
	}
	want := make([]byte, 50)
	for at := range want {
		want[at] = byte(at)
	}
	eventually(t, "the room hears the peer", func() bool { return slices.Equal(c.room.heard(), want) })
	eventually(t, "the peer hears the room", func() bool { return slices.Equal(c.far.heard(), want) })
	if len(c.far.ssrcs) != 1 {
		t.Fatal("the peer saw more than one stream")
	}
	status := c.Status()
	if status.Received[sidePeer].Packets != 50 || status.Received[sidePeer].Lost != 0 || status.Received[sideRoom].Packets != 50 {
		t.Fatal(status.Received)
	}
}

func TestWordsAreReleasedWhenTheirListenerIsThere(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateHeld, time.Minute)
	c.far.say('a')
	eventually(t, "it waits", func() bool { return c.Status().Sent[sideRoom].Waiting == 1 })
	eventually(t, "silence flows meanwhile", func() bool { return c.Status().Sent[sideRoom].Filled > 3 })
	if len(c.room.heard()) != 0 {
		t.Fatal("it did not wait")
	}
	// the SFU's silence says nothing of the caller
	header := rtp.Header{SSRC: 5, SequenceNumber: 0}
	c.room.leg.roomPacket("caller", &header, append(slices.Clone(silence), make([]byte, 77)...), time.Now())
	if c.told.count(evReleased) != 0 || c.Status().Received[sideRoom].Packets != 0 {
		t.Fatal("it was released by nobody")
	}
	c.callerSays('x', 1)
	eventually(t, "it is heard", func() bool { return string(c.room.heard()) == "a" })
	if c.told.count(evReleased) != 1 {
		t.Fatal("nobody was told")
	}
}

func TestWordsAreReleasedAtTheLatestAfterTheirBound(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateHeld, 100*time.Millisecond)
	c.far.say('a')
	eventually(t, "it is heard", func() bool { return string(c.room.heard()) == "a" })
}

func TestWordsAreKeptWithoutAPacketUntilTheyMayLeave(t *testing.T) {
	c := newCall(t, Spec{FillPeer: true})
	c.SetGate(sidePeer, GateKept, 0)
	c.callerSays('a', 1)
	time.Sleep(100 * time.Millisecond)
	if sent := c.Status().Sent[sidePeer]; sent.Sent != 0 || sent.Waiting != 1 {
		t.Fatal(sent)
	}
	c.SetGate(sidePeer, GateHeld, time.Minute)
	eventually(t, "silence flows", func() bool { return c.Status().Sent[sidePeer].Filled > 3 })
	c.far.say('x')
	eventually(t, "it is heard once the peer speaks", func() bool { return string(c.far.heard()) == "a" })
	if gaps := c.Status().Sent[sidePeer].Gaps; gaps != 0 {
		t.Fatal("the time before the gate opened counts as a gap", gaps)
	}
}

func TestALegMayComeIntoTheRoomWithThePeersAnswer(t *testing.T) {
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 10)
	told := listenTo(bridge.events)
	spec := Spec{ID: "one", Room: RoomSpec{URL: "x", Token: "y", Hears: "agent", AwaitsAnswer: true}}
	leg, offer, err := bridge.Make(context.Background(), spec)
	must(t, err)
	time.Sleep(50 * time.Millisecond)
	if status := leg.Status(); status.InRoom || status.Participant != "" || status.Peer.Answered {
		t.Fatal("it did not wait", status)
	}
	answer := newFar(t).answer(offer)
	for range 2 { // whoever was not told that it was taken repeats it
		must(t, leg.Answer(answer))
	}
	eventually(t, "it is in the room, and stands", func() bool { return told.count(evReady) == 1 && told.count(evConnected) == 1 })
	if status := leg.Status(); status.Participant != "PA_stage" || !status.Peer.Answered || status.Peer.State != "connected" {
		t.Fatal(status)
	}
	leg.Close("the test is over")
	room.mu.Lock()
	defer room.mu.Unlock()
	if room.left != 1 {
		t.Fatal("it came more than once", room.left)
	}
}

func TestAPeerMayBeDeafUntilItIsPickedUp(t *testing.T) {
	phone := newLiteFar(t)
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 10)
	told := listenTo(bridge.events)
	spec := Spec{
		ID: "one", Room: RoomSpec{URL: "x", Token: "y", Hears: "agent"}, Peer: PeerSpec{DeadAfterS: 0.5, ConnectWithinS: 60},
	}
	leg, offer, err := bridge.Make(context.Background(), spec)
	must(t, err)
	t.Cleanup(func() { leg.Close("the test is over") })
	answer, pickUp := deaf(t, phone.answer(offer))
	must(t, leg.Answer(answer))
	time.Sleep(2500 * time.Millisecond) // pion's own patience is over: eight checks, 200 ms apart
	if told.count(evConnected) != 0 || told.count(evPeerLost) != 0 {
		t.Fatal("somebody answered, or was given up", leg.Status())
	}
	pickUp()
	eventually(t, "the connection stands", func() bool { return told.count(evConnected) == 1 })
}

func TestAPeerNeedNotNameItsSource(t *testing.T) {
	room, phone := &stage{}, newFar(t)
	bridge := NewBridge(loopback, room.join, 10)
	leg, offer, err := bridge.Make(context.Background(), Spec{ID: "one", Room: RoomSpec{URL: "x", Token: "y", Hears: "agent"}})
	must(t, err)
	t.Cleanup(func() { leg.Close("the test is over") })
	must(t, leg.Answer(regexp.MustCompile(`(?m)^a=ssrc:.*\r\n`).ReplaceAllString(phone.answer(offer), "")))
	phone.say('a')
	eventually(t, "it is heard", func() bool { return leg.Status().Received[sidePeer].Packets == 1 })
}

func TestThePeerTakesTheDTLSRoleThatItsOfferLeaves(t *testing.T) {
	for offered, answered := range map[string]string{"actpass": "active", "passive": "active", "active": "passive"} {
		far := newLiteFar(t)
		offer := strings.Replace(far.offer(), "a=setup:actpass", "a=setup:"+offered, 1)
		room := &stage{}
		bridge := NewBridge(loopback, room.join, 10)
		spec := Spec{ID: "one", Room: RoomSpec{URL: "x", Token: "y", Hears: "agent"}, Peer: PeerSpec{Offer: offer}}
		leg, answer, err := bridge.Make(context.Background(), spec)
		must(t, err)
		if !strings.Contains(answer, "a=setup:"+answered+"\r\n") || strings.Contains(answer, "a=ice-lite") {
			t.Error(offered, answer)
		}
		must(t, far.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
		if offered == "actpass" {
			far.say('a')
			eventually(t, "the room hears it", func() bool { return leg.Status().Received[sidePeer].Packets == 1 })
		}
		leg.Close("the test is over")
	}
}

func TestARenewedPeerSpeaksOnTheSameTrack(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateOpen, 0)
	c.SetGate(sidePeer, GateOpen, 0)
	c.far.say('a')
	eventually(t, "the first is heard", func() bool { return string(c.room.heard()) == "a" })
	again := newFar(t)
	offer, err := c.Renew(context.Background(), PeerSpec{})
	must(t, err)
	must(t, c.Answer(again.answer(offer)))
	eventually(t, "the second stands", func() bool { return c.told.count(evConnected) == 2 })
	again.say('b')
	eventually(t, "the second is heard", func() bool { return string(c.room.heard()) == "ab" })
	c.callerSays('c', 1)
	eventually(t, "the second hears", func() bool { return string(again.heard()) == "c" })
	if c.told.count(evPeerLost) != 0 {
		t.Fatal("our own closing of the first was called a loss")
	}
	bench := &bench{out: &c.room.wire}
	c.room.wire.mu.Lock()
	defer c.room.wire.mu.Unlock()
	bench.check(t)
}

func TestAPeerThatIsGoneIsToldWithItsGeneration(t *testing.T) {
	c := newCall(t, Spec{Peer: PeerSpec{DataChannel: "events", DeadAfterS: 2}})
	_ = c.far.pc.Close()
	eventually(t, "it is told", func() bool { return c.told.count(evPeerLost) == 1 })
	if c.isClosed() {
		t.Fatal("whether the call ends is not for the bridge to say")
	}
}

func TestAParticipantSpeaksInThePeersPlace(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateOpen, 0)
	c.far.say('a')
	eventually(t, "the peer is heard", func() bool { return string(c.room.heard()) == "a" })
	if !c.Source("operator") || !slices.Contains(c.room.hears, "operator") {
		t.Fatal("nobody subscribed")
	}
	c.far.say('x')
	eventually(t, "the peer was not listened to", func() bool { return c.Status().Received[sidePeer].Packets == 2 })
	header := rtp.Header{SSRC: 6, SequenceNumber: 9, Timestamp: 77}
	c.room.leg.roomPacket("operator", &header, []byte{0xf8, 'o', 0, 0, 0}, time.Now())
	eventually(t, "the operator is heard", func() bool { return string(c.room.heard()) == "ao" })
	c.Source("")
	c.far.say('b')
	eventually(t, "the peer is heard again", func() bool { return string(c.room.heard()) == "aob" })
}

func TestThePeersSilenceIsNotThatOfWhoeverSpeaksInItsPlace(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true, Peer: PeerSpec{QuietOn: []string{"stopped"}}})
	c.peerMessage(1, []byte(`{"type": "stopped"}`))
	if !c.streams[sideRoom].quiet {
		t.Fatal("the peer has announced silence")
	}
	c.Source("operator")
	c.peerMessage(1, []byte(`{"type": "stopped"}`))
	if c.streams[sideRoom].quiet {
		t.Fatal("silence would step in too soon for the operator's packets")
	}
}

func TestALegThatAnswersTakesThePeersOffer(t *testing.T) {
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 10)
	told := listenTo(bridge.events)
	peer := newFar(t)
	offer, err := peer.pc.CreateOffer(nil)
	must(t, err)
	gathered := webrtc.GatheringCompletePromise(peer.pc)
	must(t, peer.pc.SetLocalDescription(offer))
	<-gathered
	leg, answer, err := bridge.Make(context.Background(), Spec{
		ID: "one", Room: RoomSpec{URL: "x", Token: "y", Hears: "agent"},
		Peer: PeerSpec{Offer: peer.pc.LocalDescription().SDP},
	})
	must(t, err)
	defer leg.Close("the test is over")
	must(t, peer.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	eventually(t, "it stands", func() bool { return told.count(evConnected) == 1 })
	leg.SetGate(sideRoom, GateOpen, 0)
	peer.say('a')
	eventually(t, "it is heard", func() bool { return string(room.heard()) == "a" })
}

func TestBothDirectionsAreRecorded(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true})
	c.SetGate(sideRoom, GateOpen, 0)
	c.SetGate(sidePeer, GateOpen, 0)
	folder := t.TempDir()
	must(t, c.Record(folder))
	if c.Record(folder) == nil {
		t.Fatal("twice at once")
	}
	for at := range byte(20) {
		c.far.say(at + 1)
		c.callerSays(at+1, uint16(at))
		time.Sleep(frame)
	}
	must(t, c.StopRecording())
	var lengths []int
	for _, name := range []string{"room.opus", "peer.opus"} {
		frames, err := readClip(folder + "/" + name)
		must(t, err)
		lengths = append(lengths, len(frames))
	}
	if apart := lengths[0] - lengths[1]; apart < -3 || apart > 3 {
		t.Fatal(lengths)
	}
}

func TestALegEndsOnceAndNothingOfItStays(t *testing.T) {
	c := newCall(t, Spec{})
	c.room.leg.roomLost("it was deleted")
	eventually(t, "it is told", func() bool { return c.told.count(evClosed) == 1 })
	c.Close("again")
	if c.told.count(evClosed) != 1 || c.told.count(evRoomLost) != 1 || c.room.left != 1 || c.bridge.Find("one") != nil {
		t.Fatal(c.told.told)
	}
	if _, err := c.Renew(context.Background(), PeerSpec{}); err == nil {
		t.Fatal("it was renewed")
	}
	if c.Answer("v=0") == nil || c.Record(t.TempDir()) == nil {
		t.Fatal("it still works")
	}
}

func TestTheRoomsDoorMayStayClosed(t *testing.T) {
	bridge := NewBridge(loopback, func(context.Context, RoomSpec, *Stream, RoomHandler) (Room, error) {
		return nil, fmt.Errorf("the room could not be joined")
	}, 10)
	told := listenTo(bridge.events)
	_, _, err := bridge.Make(context.Background(), Spec{ID: "one", Room: RoomSpec{Hears: "caller"}})
	must(t, err)
	eventually(t, "the leg ends", func() bool { return told.count(evClosed) == 1 && bridge.Health().Legs == 0 })
}

func TestAFullBridgeAndADrainingOneTakeNothing(t *testing.T) {
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 2)
	try := func(id string) error {
		_, _, err := bridge.Make(context.Background(), Spec{ID: id, Room: RoomSpec{Hears: "caller"}})
		return err
	}
	must(t, try("a"))
	if err := try("a"); err != errTaken {
		t.Fatal(err)
	}
	must(t, try("b"))
	if err := try("c"); err != errFull {
		t.Fatal(err)
	}
	bounded, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	bridge.Drain(bounded)
	if err := try("d"); err != errDraining || bridge.Health().Legs != 0 {
		t.Fatal(err, bridge.Health())
	}
}

func TestALegThatEverybodyForgotEnds(t *testing.T) {
	c := newCall(t, Spec{EndsAfterS: 1})
	eventually(t, "it ends", func() bool { return c.told.count(evClosed) == 1 })
}

// open counts what a process holds: goroutines, and file descriptors, sockets among them.
func open(t *testing.T) (int, int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return runtime.NumGoroutine(), len(entries)
}

func TestTwoHundredLegsLeaveNothingBehind(t *testing.T) {
	room := &stage{}
	bridge := NewBridge(loopback, room.join, 300)
	goroutines, files := open(t)
	for round := range 10 {
		var peers []*far
		for at := range 20 {
			leg, offer, err := bridge.Make(context.Background(), Spec{
				ID: fmt.Sprint(round, "-", at), Room: RoomSpec{Hears: "caller"}, Peer: PeerSpec{DataChannel: "events", Digits: true},
			})
			must(t, err)
			peer := newFar(t)
			peers = append(peers, peer)
			must(t, leg.Answer(peer.answer(offer)))
			if at%3 == 0 { // some are renewed and never answered
				_, err := leg.Renew(context.Background(), PeerSpec{})
				must(t, err)
			}
		}
		for _, leg := range bridge.All() {
			leg.Close("the test says so")
		}
		for _, peer := range peers {
			_ = peer.pc.Close()
		}
	}
	eventually(t, "everything is given back", func() bool {
		nowGoroutines, nowFiles := open(t)
		return nowGoroutines <= goroutines+5 && nowFiles <= files+2
	})
}
