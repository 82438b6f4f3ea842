package main

import "time"

const (
	// speech that has paused for so long is over
	pauseEnds = 300 * time.Millisecond
	longGap   = 60 * time.Millisecond
)

// Ear counts what arrives at a phone, and measures how long its user waits. It has no clock of its own.
type Ear struct {
	Packets    int       `json:"packets"`
	Lost       int       `json:"lost"`
	Late       int       `json:"late"`
	Gaps       int       `json:"gaps"`
	LongestMs  float64   `json:"longest_gap_ms"`
	Turns      []float64 `json:"turns_ms"`
	Silences   []float64 `json:"silences_ms"`
	first      time.Time
	audible    time.Time
	last       time.Time
	highest    uint16
	loudSince  time.Time
	lastLoud   time.Time
	askedAt    time.Time
	interrupts time.Time
}

// Hear takes a packet that has come.
func (e *Ear) Hear(sequence uint16, loud bool, now time.Time) {
	if e.Packets++; e.Packets == 1 {
		e.first = now
	} else {
		e.count(sequence, now)
	}
	if e.Packets == 1 || int16(sequence-e.highest) > 0 {
		e.highest = sequence
	}
	e.last = now
	if !loud {
		return
	}
	if e.audible.IsZero() {
		e.audible = now
	}
	if !e.Speaks(now) {
		e.loudSince = now
	}
	e.lastLoud = now
	if !e.askedAt.IsZero() {
		e.Turns, e.askedAt = append(e.Turns, milliseconds(now.Sub(e.askedAt))), time.Time{}
	}
}

func (e *Ear) count(sequence uint16, now time.Time) {
	if gap := now.Sub(e.last); gap > longGap {
		e.Gaps++
	}
	e.LongestMs = max(e.LongestMs, milliseconds(now.Sub(e.last)))
	switch ahead := int16(sequence - e.highest); {
	case ahead <= 0:
		e.Late++
		e.Lost = max(0, e.Lost-1)
	case ahead > 1:
		e.Lost += int(ahead) - 1
	}
}

// Speaks tells whether the other side is speaking, pauses included.
func (e *Ear) Speaks(now time.Time) bool {
	return !e.lastLoud.IsZero() && now.Sub(e.lastLoud) < pauseEnds
}

// Asked notes that the user has just stopped speaking, and waits for an answer.
func (e *Ear) Asked(now time.Time) {
	if !e.Speaks(now) {
		e.askedAt = now
	}
}

// Interrupts notes that the user has begun to speak over the other side.
func (e *Ear) Interrupts(now time.Time) { e.interrupts = now }

// Settle looks whether an interruption has been obeyed.
func (e *Ear) Settle(now time.Time) {
	if !e.interrupts.IsZero() && !e.Speaks(now) {
		e.Silences = append(e.Silences, milliseconds(max(0, e.lastLoud.Sub(e.interrupts))))
		e.interrupts = time.Time{}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func unixOf(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixNano()) / float64(time.Second)
}
