package main

import (
	"time"
	"unicode/utf8"

	"github.com/pion/rtp"
)

func (l *Leg) roomPacket(identity string, header *rtp.Header, payload []byte, now time.Time) {
	if isFiller(payload) {
		return
	}
	who := feeder{participant: identity}
	if identity == l.spec.Room.Hears {
		if l.sources[sideRoom].Take(header, now) {
			l.tell(evFirstPacket, map[string]any{"from": sideRoom})
			l.release(sideRoom)
		}
		l.streams[sidePeer].Forward(who, header, payload, now)
		return
	}
	// somebody who speaks in the peer's place
	l.streams[sideRoom].Forward(who, header, payload, now)
}

func (l *Leg) roomJoined(identity string) { l.tell(evJoined, map[string]any{"identity": identity}) }

func (l *Leg) roomLeft(identity string) {
	if identity == l.spec.Room.Hears {
		// should it come again, then what it sends first says again that it hears us
		l.sources[sideRoom].Expect()
		l.mu.Lock()
		l.spoke[sideRoom] = false
		l.mu.Unlock()
	}
	l.tell(evLeft, map[string]any{"identity": identity})
}

func (l *Leg) roomAttributes(identity string, attributes map[string]string) {
	l.tell(evAttributes, map[string]any{"identity": identity, "attributes": attributes})
}

func (l *Leg) roomData(from, topic string, text []byte) {
	if len(text) <= maxTold && utf8.Valid(text) {
		l.tell(evData, map[string]any{"from": from, "topic": topic, "text": string(text)})
	}
}

func (l *Leg) roomLost(why string) {
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if !closed {
		l.tell(evRoomLost, map[string]any{"why": why})
		time.AfterFunc(time.Duration(l.spec.LingersS*float64(time.Second)), func() { l.Close("the room was lost: " + why) })
	}
}

// Attributes sets attributes of the leg's participant; false before it is in the room.
func (l *Leg) Attributes(attributes map[string]string) bool {
	l.mu.Lock()
	room := l.room
	l.mu.Unlock()
	if room == nil {
		return false
	}
	room.Attributes(attributes)
	return true
}

// Source lets a participant speak in the peer's place, or the peer again if it is empty.
func (l *Leg) Source(participant string) bool {
	l.mu.Lock()
	room, generation := l.room, l.peers[len(l.peers)-1].generation
	l.mu.Unlock()
	if participant == "" {
		l.streams[sideRoom].SetSource(feeder{generation: generation})
		return true
	}
	if room == nil {
		return false
	}
	l.streams[sideRoom].SetSource(feeder{participant: participant})
	room.Hear(participant)
	return true
}
