package main

import (
	"slices"
	"testing"
	"time"
)

// An ear counts what is missing, late and far apart.
func TestAnEarCountsWhatComes(t *testing.T) {
	var ear Ear
	began := time.Now()
	for _, packet := range []struct {
		sequence uint16
		at       time.Duration
	}{{65534, 0}, {65535, 20}, {1, 60}, {0, 61}, {2, 150}} {
		ear.Hear(packet.sequence, false, began.Add(packet.at*time.Millisecond))
	}
	if ear.Packets != 5 || ear.Lost != 0 || ear.Late != 1 || ear.Gaps != 1 || ear.LongestMs != 89 {
		t.Errorf("%+v", ear)
	}
	ear.Hear(5, false, began)
	if ear.Lost != 2 {
		t.Errorf("%d lost", ear.Lost)
	}
}

// A turn lasts from the user's last sound to the first one of the reply; an interruption until the last sound before a pause.
func TestAnEarMeasuresTurnsAndInterruptions(t *testing.T) {
	var ear Ear
	began := time.Now()
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	ear.Asked(at(0))
	ear.Hear(1, false, at(500))
	for ms := 550; ms < 1000; ms += 20 {
		ear.Hear(2, true, at(ms))
	}
	ear.Interrupts(at(950))
	ear.Settle(at(1100))
	ear.Hear(3, true, at(1010))
	ear.Settle(at(1320))
	ear.Settle(at(1400))
	if !slices.Equal(ear.Turns, []float64{550}) || !slices.Equal(ear.Silences, []float64{60}) {
		t.Errorf("turns %v, silences %v", ear.Turns, ear.Silences)
	}
}

// A user waits for the other side's pause, speaks over every third utterance, and asks again when nothing comes.
func TestAUserTakesTurns(t *testing.T) {
	var (
		ear  Ear
		user User
		now  = time.Now()
		last bool
		told []string
	)
	for tick := range 2500 {
		now = now.Add(frameTime)
		// three utterances of two seconds each, then nothing
		second := tick / 50 % 8
		if tick < 1200 && second < 2 {
			ear.Hear(uint16(tick), true, now)
		}
		ear.Settle(now)
		speaks := user.Speaks(&ear, now)
		if speaks && !last {
			told = append(told, map[bool]string{true: "over", false: "after"}[ear.Speaks(now)])
		}
		last = speaks
	}
	if !slices.Equal(told, []string{"after", "after", "over", "after", "after", "after", "after"}) || user.Unanswered < 2 {
		t.Errorf("%v, %d unanswered", told, user.Unanswered)
	}
}

// Size tells silence from voice, and LiveKit's padded silence is silence.
func TestSilenceIsNotLoud(t *testing.T) {
	padded := append(slices.Clone(silence), make([]byte, 77)...)
	for name, payload := range map[string][]byte{"ours": silence, "padded": padded, "short": make([]byte, 20)} {
		if isLoud(payload) {
			t.Error(name)
		}
	}
	if voiced := append([]byte{0x48}, make([]byte, 50)...); !isLoud(voiced) {
		t.Error("voiced")
	}
	if isLoudPCM(make([]byte, 960)) || !isLoudPCM(slices.Repeat([]byte{0, 0x10}, 480)) {
		t.Error("samples")
	}
}
