package main

import "time"

const (
	// a pause in speech is shorter; less is enough when the source said that it would be silent
	talkEnds      = 600 * time.Millisecond
	talkEndsQuiet = 100 * time.Millisecond
)

// talk tells when what leaves begins to be speech, and when it has ceased to be. It is as exact as packets are: what no decoder could
// make a sound of is silence, everything else is speech.
type talk struct {
	// told is called while the stream is locked, with when the first packet left, or the last one
	told func(began bool, at time.Time)
	on   bool
	last time.Time
}

func (t *talk) sent(payload []byte, now time.Time) {
	if t.told == nil || isSpeechless(payload) {
		return
	}
	t.last = now
	if !t.on {
		t.on = true
		t.told(true, now)
	}
}

// look is to be called every 20 ms.
func (t *talk) look(quiet bool, now time.Time) {
	bound := talkEnds
	if quiet {
		bound = talkEndsQuiet
	}
	if t.on && now.Sub(t.last) >= bound {
		t.on = false
		t.told(false, t.last)
	}
}

// OnTalk has somebody told when what leaves is speech; it must not wait, and not come back here.
func (s *Stream) OnTalk(told func(began bool, at time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talk.told = told
}
