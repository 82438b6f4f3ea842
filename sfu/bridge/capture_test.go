package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhatIsCapturedIsTheSpeechAlone(t *testing.T) {
	loud, soft, hush := bytes.Repeat([]byte{0xf8}, 80), bytes.Repeat([]byte{0xf8}, 18), bytes.Repeat([]byte{0xf8}, 9)
	said := func(packets ...[]byte) *Capture {
		capture := &Capture{}
		for _, packet := range packets {
			capture.Take(packet)
		}
		return capture
	}
	for _, row := range []struct {
		name    string
		capture *Capture
		frames  int
		first   []byte
	}{
		{"silence around it", said(silence, hush, hush, hush, loud, loud, silence, loud, soft, hush, hush, silence), 8, hush},
		{"no silence", said(loud, loud, loud), 3, loud},
		{"soft beginnings", said(hush, hush, soft, soft, loud, loud, loud), 5, soft},
		{"one packet", said(hush, loud, hush), 3, hush},
	} {
		clip, err := row.capture.Clip()
		must(t, err)
		path := filepath.Join(t.TempDir(), "a.opus")
		must(t, os.WriteFile(path, clip, 0o600))
		frames, err := readClip(path)
		must(t, err)
		if len(frames) != row.frames || !bytes.Equal(frames[0], row.first) {
			t.Fatal(row.name, len(frames), len(frames[0]))
		}
	}
	for name, capture := range map[string]*Capture{
		"nothing was said": said(silence, hush, silence),
		"20 ms":            said(loud, append([]byte{0xfb, 2}, loud...), loud),
	} {
		if _, err := capture.Clip(); err == nil || !strings.Contains(err.Error(), name) {
			t.Fatal(name, err)
		}
	}
}

func TestACaptureIsBounded(t *testing.T) {
	capture := &Capture{}
	for range maxCaptured + 10 {
		capture.Take(speech)
	}
	if len(capture.packets) != maxCaptured {
		t.Fatal(len(capture.packets))
	}
}

func TestWhatLeavesToASideIsCaptured(t *testing.T) {
	s := NewStream("to-room", "one", true)
	now := time.Unix(1, 0)
	s.SetGate(GateOpen, now)
	s.Capture(&Capture{})
	s.Play([][]byte{bytes.Repeat([]byte{0xf8}, 80)}, nil)
	for range 3 {
		now = now.Add(frame)
		s.Tick(now)
	}
	captured := s.Capture(nil)
	if captured == nil || len(captured.packets) < 1 || s.Capture(nil) != nil {
		t.Fatal(captured)
	}
	s.Tick(now.Add(frame))
	if clip, err := captured.Clip(); err != nil || len(clip) == 0 {
		t.Fatal(err)
	}
}

func TestACaptureIsBegunAndFetched(t *testing.T) {
	c := serve(t, &Control{})
	c.do("POST", "/legs", aLeg)
	if status, answer := c.do("DELETE", "/legs/one/capture?stream=room", ""); status != 409 {
		t.Fatal(status, answer)
	}
	if status, answer := c.do("POST", "/legs/one/capture", `{"stream": "both"}`); status != 400 {
		t.Fatal(status, answer)
	}
	if status, answer := c.do("POST", "/legs/one/capture", `{"stream": "room"}`); status != 200 {
		t.Fatal(status, answer)
	}
	// a silent peer: there is nothing to be had
	if status, answer := c.do("DELETE", "/legs/one/capture?stream=room", ""); status != 409 {
		t.Fatal(status, answer)
	}
}
