package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWhatIsRecordedCanBePlayed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.opus")
	began := time.Unix(1, 0)
	recorder, err := NewRecorder(path, began)
	if err != nil {
		t.Fatal(err)
	}
	for at := range 50 {
		recorder.Write(append([]byte{0xf8}, make([]byte, 5*at)...), began.Add(time.Duration(at+1)*frame))
	}
	if err := recorder.Close(began.Add(51 * frame)); err != nil {
		t.Fatal(err)
	}
	frames, err := readClip(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != 51 || len(frames[49]) != 246 {
		t.Fatal(len(frames))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal("others may read what was said", info.Mode(), err)
	}
}

func TestTwoRecordingsThatBeganTogetherStayTogether(t *testing.T) {
	began := time.Unix(1, 0)
	lengths := map[string]int{}
	for _, name := range []string{"steady", "gappy"} {
		path := filepath.Join(t.TempDir(), name)
		recorder, err := NewRecorder(path, began)
		if err != nil {
			t.Fatal(err)
		}
		for at := range 500 {
			if name == "steady" || at%100 > 80 {
				recorder.Write(speech, began.Add(time.Duration(at+1)*frame))
			}
		}
		if err := recorder.Close(began.Add(500 * frame)); err != nil {
			t.Fatal(err)
		}
		frames, err := readClip(path)
		if err != nil {
			t.Fatal(err)
		}
		lengths[name] = len(frames)
	}
	if lengths["steady"] != 500 || lengths["gappy"] != 500 {
		t.Fatal(lengths)
	}
}

func TestARecordingIsNotWrittenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.opus")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRecorder(path, time.Now()); err == nil {
		t.Fatal("what was there is gone")
	}
}

func TestNoClipIsRefusedWithAReason(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good")
	recorder, err := NewRecorder(good, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	recorder.Write(speech, time.Unix(1, 0))
	if err := recorder.Close(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty": {}, "text": []byte("RIFF1234WAVE and more than twenty-seven bytes"), "cut": data[:len(data)-40], "shorter": data[:30],
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readClip(path); err == nil {
			t.Fatal(name, "was taken for a clip")
		}
	}
}

func FuzzOgg(f *testing.F) {
	f.Add([]byte("OggS"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = oggPackets(data) })
}

func TestAPacketsLengthIsReadFromItsFirstBytes(t *testing.T) {
	for _, one := range []struct {
		payload []byte
		ticks   uint32
	}{
		{[]byte{0xf8, 1}, 960},        // CELT 20 ms
		{[]byte{0x08, 1}, 960},        // SILK 20 ms
		{[]byte{0x18, 1}, 2880},       // SILK 60 ms
		{[]byte{0x61, 1}, 2 * 480},    // hybrid 10 ms, twice
		{[]byte{0x83, 3, 1}, 3 * 120}, // CELT 2.5 ms, three times
		{[]byte{0xfb}, 960},           // cut off
		{[]byte{0xfb, 63}, 960},       // longer than Opus may be
		{nil, 0},
	} {
		if got := ticks(one.payload); got != one.ticks {
			t.Fatal(one.payload, got)
		}
	}
}
