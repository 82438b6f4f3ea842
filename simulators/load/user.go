package main

import "time"

const (
	politePause     = 700 * time.Millisecond
	sentence        = 1200 * time.Millisecond
	interjection    = 600 * time.Millisecond
	bearsFor        = 800 * time.Millisecond
	patience        = 8 * time.Second
	interruptsEvery = 3
)

// User decides when a phone's user speaks: in turns, and now and then over the other side. It has no clock of its own.
type User struct {
	Unanswered int
	speaksTill time.Time
	spokeAt    time.Time
	utterances int
	judged     time.Time
}

// Speaks tells whether the 20 ms from now on are speech, by what is heard.
func (u *User) Speaks(ear *Ear, now time.Time) bool {
	if now.Before(u.speaksTill) {
		return true
	}
	if !u.speaksTill.IsZero() {
		ear.Asked(u.speaksTill)
		u.spokeAt, u.speaksTill = u.speaksTill, time.Time{}
	}
	switch {
	case ear.Speaks(now):
		if now.Sub(ear.loudSince) < bearsFor || u.judged.Equal(ear.loudSince) {
			return false
		}
		u.judged = ear.loudSince
		if u.utterances++; u.utterances%interruptsEvery != 0 {
			return false
		}
		ear.Interrupts(now)
		u.speaksTill = now.Add(interjection)
		return true
	case ear.lastLoud.After(u.spokeAt) && now.Sub(ear.lastLoud) >= politePause:
		u.speaksTill = now.Add(sentence)
		return true
	case !u.spokeAt.IsZero() && now.Sub(u.spokeAt) >= patience:
		u.Unanswered++
		u.speaksTill = now.Add(sentence)
		return true
	}
	return false
}
