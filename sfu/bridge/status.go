package main

import "time"

// Status is what a leg is and has done.
type Status struct {
	ID         string  `json:"id"`
	AgeS       float64 `json:"age_s"`
	Generation int     `json:"generation"`
	InRoom     bool    `json:"in_room"`
	// Participant is LiveKit's id of it, once it is in the room.
	Participant string `json:"participant,omitempty"`
	// Peer is the newest connection's.
	Peer     PeerState             `json:"peer"`
	Gates    map[side]Gate         `json:"gates"`
	Sent     map[side]StreamCounts `json:"sent"`
	Received map[side]SourceCounts `json:"received"`
	Far      FarReport             `json:"far"`
}

// Status returns what the leg is and has done.
func (l *Leg) Status() Status {
	l.mu.Lock()
	status := Status{
		ID: l.spec.ID, AgeS: time.Since(l.began).Seconds(), Generation: l.generation, InRoom: l.room != nil,
		Gates: map[side]Gate{}, Sent: map[side]StreamCounts{}, Received: map[side]SourceCounts{},
	}
	newest := l.peers[len(l.peers)-1]
	room := l.room
	l.mu.Unlock()
	if room != nil {
		status.Participant = room.Participant()
	}
	status.Far, status.Peer = newest.Report(), newest.State()
	for to, stream := range l.streams {
		status.Gates[to], status.Sent[to] = stream.GateNow(), stream.Counts()
	}
	for from, source := range l.sources {
		status.Received[from] = source.Counts()
	}
	return status
}
