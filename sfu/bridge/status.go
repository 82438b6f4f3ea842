package main

import "time"

// Status is what a leg is and has done.
type Status struct {
	ID         string                `json:"id"`
	AgeS       float64               `json:"age_s"`
	Generation int                   `json:"generation"`
	InRoom     bool                  `json:"in_room"`
	Gates      map[side]Gate         `json:"gates"`
	Sent       map[side]StreamCounts `json:"sent"`
	Received   map[side]SourceCounts `json:"received"`
	Far        FarReport             `json:"far"`
}

// Status returns what the leg is and has done.
func (l *Leg) Status() Status {
	l.mu.Lock()
	status := Status{
		ID: l.spec.ID, AgeS: time.Since(l.began).Seconds(), Generation: l.generation, InRoom: l.room != nil,
		Gates: map[side]Gate{}, Sent: map[side]StreamCounts{}, Received: map[side]SourceCounts{},
	}
	newest := l.peers[len(l.peers)-1]
	l.mu.Unlock()
	status.Far = newest.Report()
	for to, stream := range l.streams {
		status.Gates[to], status.Sent[to] = stream.GateNow(), stream.Counts()
	}
	for from, source := range l.sources {
		status.Received[from] = source.Counts()
	}
	return status
}
