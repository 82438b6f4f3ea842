package main

import (
	"context"
	"maps"
	"strings"
	"testing"
)

func TestMessagesOfThePeerMoveTheSound(t *testing.T) {
	c := newCall(t, Spec{FillRoom: true, Peer: PeerSpec{ClearOn: []string{"cleared"}, QuietOn: []string{"stopped"}}})
	c.SetGate(sideRoom, GateHeld, 0)
	c.far.say('a')
	eventually(t, "it waits", func() bool { return c.Status().Sent[sideRoom].Waiting == 1 })
	c.peerMessage(1, []byte(`{"type":"other"}`))
	c.peerMessage(1, []byte(`no JSON`))
	if c.Status().Sent[sideRoom].Waiting != 1 {
		t.Fatal("it was dropped")
	}
	c.peerMessage(1, []byte(`{"type":"cleared"}`))
	if c.Status().Sent[sideRoom].Waiting != 0 {
		t.Fatal("it still waits")
	}
}

func TestMessagesOfThePeerAreToldIfTheyWereAskedFor(t *testing.T) {
	c := newCall(t, Spec{Peer: PeerSpec{TellOn: []string{"done"}}})
	c.peerMessage(1, []byte(`{"type":"delta"}`))
	c.peerMessage(1, []byte(`{"type":"done","text":"`+strings.Repeat("x", maxTold)+`"}`))
	c.peerMessage(1, []byte(`{"type":"done","text":"hello"}`))
	c.Close("the test is over")
	eventually(t, "all is told", func() bool { return c.told.count(evClosed) == 1 })
	want := map[string]any{"generation": 1, "text": `{"type":"done","text":"hello"}`}
	if told := c.told.of(evMessage); len(told) != 1 || !maps.Equal(told[0], want) {
		t.Fatal(told)
	}
}

func TestWhatTheRoomSaysIsTold(t *testing.T) {
	c := newCall(t, Spec{})
	c.room.leg.roomAttributes("caller", map[string]string{"a": "b"})
	c.room.leg.roomData("", "keys", []byte("5"))
	c.room.leg.roomData("", "keys", []byte{0xff})
	c.room.leg.roomData("", "keys", make([]byte, maxTold+1))
	c.Close("the test is over")
	eventually(t, "all is told", func() bool { return c.told.count(evClosed) == 1 })
	if told := c.told.of(evAttributes); len(told) != 1 || told[0]["identity"] != "caller" {
		t.Fatal(told)
	}
	want := map[string]any{"from": "", "topic": "keys", "text": "5"}
	if told := c.told.of(evData); len(told) != 1 || !maps.Equal(told[0], want) {
		t.Fatal(told)
	}
}

func TestMessagesAreForgottenBeforeWhatHappenedToALeg(t *testing.T) {
	events := NewEvents()
	events.Tell("one", evReady, nil)
	for range 3 * keptEvents {
		events.Tell("one", evMessage, nil)
	}
	kept, _ := events.Read(context.Background(), 0)
	if kept[0].Type != evReady || len(kept) > keptEvents || len(kept) < keptEvents/4 {
		t.Fatal(kept[0], len(kept))
	}
	if last := kept[len(kept)-1]; last.Seq != 3*keptEvents+1 {
		t.Fatal(last)
	}
	for range 3 * keptEvents {
		events.Tell("one", evDigit, nil)
	}
	if kept, _ := events.Read(context.Background(), 0); len(kept) > keptEvents || kept[0].Type != evDigit {
		t.Fatal(len(kept), kept[0])
	}
}
