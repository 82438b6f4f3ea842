package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	talkLasts = 9 * time.Second
	// what a busy machine may add; the sizes that are meant are far below
	busy = 150.0
)

func voiced() *Sound {
	return &Sound{frames: [][]byte{append([]byte{0x48}, make([]byte, 50)...)}, samples: slices.Repeat([]byte{0, 0x10}, 10*sampleRate)}
}

// heard keeps the types of the events that came.
type heard struct {
	mu    sync.Mutex
	types []string
}

func (h *heard) take(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.types = append(h.types, e["type"].(string))
}

func (h *heard) count(kind string) (found int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.types {
		if one == kind {
			found++
		}
	}
	return found
}

// The far ends by themselves, with nothing between them, add nothing to a turn but OwnTime, and obey an interruption when they have heard it.
func TestAPhoneAndOpenAITalk(t *testing.T) {
	phone, err := NewPhone(voiced())
	if err != nil {
		t.Fatal(err)
	}
	defer phone.close()
	call, answer, err := NewCall(voiced(), phone.pc.LocalDescription().SDP, nil, func(*Call) {})
	if err != nil {
		t.Fatal(err)
	}
	defer call.close()
	if err := phone.answered(answer); err != nil {
		t.Fatal(err)
	}
	events := &heard{}
	call.session.attach(events, events.take)
	go phone.talk()
	call.session.take([]byte(`{"type": "response.create"}`))
	// greeting, turn, reply, turn, reply that is interrupted, reply
	time.Sleep(2 * talkLasts)
	report := phone.report()
	if len(report.Turns) < 2 || len(report.Silences) < 1 || report.Lost != 0 || report.ICEUp == 0 || report.DTLSUp < report.ICEUp {
		t.Fatalf("%+v, %+v", report, report.Ear)
	}
	t.Logf("turns %.0f, silences %.0f", report.Turns, report.Silences)
	own := milliseconds(OwnTime)
	for _, turn := range report.Turns {
		if turn < own-milliseconds(frameTime) || turn > own+busy {
			t.Errorf("a turn took %.0f ms", turn)
		}
	}
	for _, silent := range report.Silences {
		if silent <= 0 || silent > busy {
			t.Errorf("an interruption was obeyed after %.0f ms", silent)
		}
	}
	for _, kind := range []string{
		"session.created", "response.created", "response.done", "output_audio_buffer.started", "output_audio_buffer.stopped",
		"output_audio_buffer.cleared", "conversation.item.truncated", "input_audio_buffer.speech_started",
		"input_audio_buffer.committed", "conversation.item.input_audio_transcription.completed",
	} {
		if events.count(kind) == 0 {
			t.Errorf("no %s", kind)
		}
	}
}

// A client without WebRTC gets its sound in the events, faster than it is heard, and none of it after its own cancelling.
func TestASessionOverAWebSocket(t *testing.T) {
	server := httptest.NewServer(routes(voiced()))
	defer server.Close()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/v1/realtime?model=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	read := func(until string) (deltas int) {
		t.Helper()
		_ = ws.SetReadDeadline(time.Now().Add(talkLasts))
		for {
			var e event
			if err := ws.ReadJSON(&e); err != nil {
				t.Fatalf("%s did not come: %v", until, err)
			}
			switch e["type"] {
			case until:
				return deltas
			case "response.output_audio.delta":
				deltas++
			}
		}
	}
	send := func(text string) {
		t.Helper()
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	read("session.created")
	send(`{"type": "session.update", "session": {"type": "realtime"}}`)
	read("session.updated")
	began := time.Now()
	send(`{"type": "response.create", "response": {"metadata": {"client_event_id": "x"}}}`)
	if deltas := read("response.done"); deltas != int(replyLasts/chunk) || time.Since(began) > replyLasts {
		t.Errorf("%d deltas in %s", deltas, time.Since(began))
	}
	send(`{"type": "response.create"}`)
	read("response.output_audio.delta")
	send(`{"type": "response.cancel"}`)
	if deltas := read("response.done"); deltas == int(replyLasts/chunk) {
		t.Error("it was not cancelled")
	}
}

// Phones are made, looked at and ended over HTTP; who asks for another one is told.
func TestPhonesAreControlled(t *testing.T) {
	server := httptest.NewServer(routes(voiced()))
	defer server.Close()
	ask := func(method, path, body string, status int, into any) {
		t.Helper()
		request, _ := http.NewRequest(method, server.URL+path, bytes.NewBufferString(body))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != status {
			t.Fatalf("%s %s: %s", method, path, response.Status)
		}
		if into != nil && json.NewDecoder(response.Body).Decode(into) != nil {
			t.Fatalf("%s %s is no JSON", method, path)
		}
	}
	var made Parameters
	ask("POST", "/phones", "", http.StatusCreated, &made)
	if made.Address != "127.0.0.1" || made.Port == 0 || made.SSRC == 0 || len(made.Fingerprint) != 95 || len(made.Pwd) < 22 {
		t.Errorf("%+v", made)
	}
	ask("POST", "/phones/"+made.ID+"/answer", `{"sdp": "no"}`, http.StatusBadRequest, nil)
	var report Report
	ask("DELETE", "/phones/"+made.ID, "", http.StatusOK, &report)
	if report.Ear == nil || report.Packets != 0 {
		t.Errorf("%+v", report)
	}
	ask("GET", "/phones/"+made.ID, "", http.StatusNotFound, nil)
	ask("POST", "/v1/realtime/calls/none/hangup", "", http.StatusNotFound, nil)
}
