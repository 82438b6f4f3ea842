package main

import (
	"net/http"
	"os"
	"path/filepath"
)

// --- the routes about what is heard ---

// play plays a clip of BRIDGE_CLIPS, or one that comes with the request: then `stream` and `clip` are in the query, and nothing is kept.
func (c *Control) play(l *Leg, r *http.Request) (any, error) {
	var body struct {
		Stream side   `json:"stream"`
		Clip   string `json:"clip"`
	}
	sent := r.Header.Get("Content-Type") == "audio/ogg"
	if sent {
		body.Stream, body.Clip = side(r.URL.Query().Get("stream")), r.URL.Query().Get("clip")
	} else if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := known(body.Stream); err != nil {
		return nil, err
	}
	if !sent && c.clips == "" {
		return nil, bad("No clips can be played: BRIDGE_CLIPS names no folder.")
	}
	if !idShape.MatchString(body.Clip) {
		return nil, bad("`clip` has to be the name of a file in BRIDGE_CLIPS, or of what is sent.")
	}
	var frames [][]byte
	var err error
	if sent {
		frames, err = sentClip(r.Body)
	} else {
		frames, err = readClip(filepath.Join(c.clips, body.Clip))
	}
	if err != nil {
		return nil, bad("The clip cannot be played: " + reason(err) + ".")
	}
	l.Play(body.Stream, body.Clip, frames)
	return map[string]int{"frames": len(frames)}, nil
}

func (c *Control) capture(l *Leg, r *http.Request) (any, error) {
	var body struct {
		Stream side `json:"stream"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := known(body.Stream); err != nil {
		return nil, err
	}
	l.Capture(body.Stream)
	return struct{}{}, nil
}

// captured answers with the sound itself.
func (c *Control) captured(w http.ResponseWriter, r *http.Request) {
	found := c.bridge.Find(r.PathValue("id"))
	if found == nil {
		fail(w, errNoLeg)
		return
	}
	stream := side(r.URL.Query().Get("stream"))
	if err := known(stream); err != nil {
		fail(w, err)
		return
	}
	clip, err := found.Captured(stream)
	if err != nil {
		fail(w, refusal{http.StatusConflict, "not-captured", "There is no clip: " + reason(err) + "."})
		return
	}
	w.Header().Set("Content-Type", "audio/ogg")
	_, _ = w.Write(clip)
}

func (c *Control) clear(l *Leg, r *http.Request) (any, error) {
	var body struct {
		Stream side `json:"stream"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := known(body.Stream); err != nil {
		return nil, err
	}
	return map[string]int{"dropped": l.Clear(body.Stream)}, nil
}

// record writes into the folder that `name` in the query names, else into one of the leg's name.
func (c *Control) record(l *Leg, r *http.Request) (any, error) {
	name := r.URL.Query().Get("name")
	if name == "" {
		name = l.spec.ID
	}
	folder, err := c.recordingFolder(name)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, bad("The recording cannot be begun: " + reason(err) + ".")
	}
	if err := l.Record(folder); err != nil {
		return nil, refusal{http.StatusConflict, "not-recorded", "The recording cannot be begun: " + reason(err) + "."}
	}
	return map[string]string{"folder": name}, nil
}

func (c *Control) stopRecording(l *Leg, _ *http.Request) (any, error) {
	if err := l.StopRecording(); err != nil {
		return nil, refusal{http.StatusInternalServerError, "not-recorded", "The recording could not be ended: " + reason(err) + "."}
	}
	return struct{}{}, nil
}
