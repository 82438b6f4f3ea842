package main

import (
	"testing"
	"time"
)

func TestSpeechIsToldFromItsFirstPacketToItsLast(t *testing.T) {
	b := newBench(true)
	var told []time.Time
	b.OnTalk(func(began bool, at time.Time) {
		if began != (len(told)%2 == 0) {
			t.Fatal("told out of turn", began)
		}
		told = append(told, at)
	})
	b.SetGate(GateOpen, b.now)
	b.pass(time.Second) // silence is no speech
	if len(told) != 0 {
		t.Fatal(told)
	}
	b.say(frame, 0)
	first := b.now
	for range 10 {
		b.say(frame, 0)
	}
	b.pass(400 * time.Millisecond) // a pause between two words
	b.say(0, 0)
	last := b.now
	b.pass(time.Second)
	if len(told) != 2 || !told[0].Equal(first) || !told[1].Equal(last) {
		t.Fatal(told, first, last)
	}
	b.say(0, 0)
	b.Quiet(true)
	b.pass(140 * time.Millisecond)
	if len(told) != 4 {
		t.Fatal("an announced silence is believed at once", told)
	}
}

func TestWhatWaitsIsSpeechWhenItLeaves(t *testing.T) {
	b := newBench(true)
	var told []bool
	b.OnTalk(func(began bool, _ time.Time) { told = append(told, began) })
	b.SetGate(GateKept, b.now)
	b.say(frame, 0)
	b.pass(time.Second)
	if len(told) != 0 {
		t.Fatal(told)
	}
	b.SetGate(GateOpen, b.now)
	b.pass(time.Second)
	if len(told) != 2 {
		t.Fatal(told)
	}
}
