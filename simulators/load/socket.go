package main

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"
)

const (
	chunk = 5 * frameTime
	// a model's first sound comes in a burst, the rest faster than it is heard
	burst = 300 * time.Millisecond
	pace  = 4
	// waiting events of a client that reads slowly
	backlog = 4096
)

// Socket is a session over a WebSocket, its sound in the events.
type Socket struct {
	sound   *Sound
	session *Session
	rest    []byte
}

// serve speaks with one client until it goes.
func (o *OpenAI) serve(ws *websocket.Conn) {
	s := &Socket{sound: o.sound}
	s.session = NewSession(s)
	write(ws, s.session, func() {
		for {
			_, raw, err := ws.ReadMessage()
			if err != nil {
				return
			}
			var e struct{ Type, Audio string }
			if json.Unmarshal(raw, &e) == nil && e.Type == "input_audio_buffer.append" {
				s.hear(e.Audio)
				continue
			}
			s.session.take(raw)
		}
	})
	s.session.close()
}

// write sends a session's events to a client while `read` goes on. The session never waits for it.
func write(ws *websocket.Conn, session *Session, read func()) {
	waiting := make(chan []byte, backlog)
	session.attach(ws, func(e event) {
		text, err := json.Marshal(e)
		if err != nil {
			return
		}
		select {
		case waiting <- text:
		default:
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for text := range waiting {
			if ws.WriteMessage(websocket.TextMessage, text) != nil {
				_ = ws.Close()
			}
		}
	}()
	read()
	session.detach(ws)
	close(waiting)
	<-done
	_ = ws.Close()
}

func (s *Socket) hear(audio string) {
	samples, err := base64.StdEncoding.DecodeString(audio)
	if err != nil {
		return
	}
	s.rest = append(s.rest, samples...)
	now := time.Now()
	for len(s.rest) >= 2*frameSamples {
		s.session.hear(isLoudPCM(s.rest[:2*frameSamples]), now)
		s.rest = s.rest[2*frameSamples:]
	}
}

func (s *Socket) start(r *reply) { go s.stream(r) }

func (s *Socket) stop(r *reply) bool {
	close(r.quit)
	return false
}

func (s *Socket) finished(*reply) {}

func (s *Socket) stream(r *reply) {
	size := 2 * frameSamples * int(chunk/frameTime)
	for at := time.Duration(0); at < replyLasts; at += chunk {
		select {
		case <-r.quit:
			return
		case <-time.After(time.Until(r.began.Add(max(0, at-burst) / pace))):
		}
		from := size * int(at/chunk) % (len(s.sound.samples) - size)
		sound := base64.StdEncoding.EncodeToString(s.sound.samples[from : from+size])
		s.session.mu.Lock()
		if s.session.current == r {
			s.session.tell(r.part("response.output_audio.delta", event{"delta": sound}))
		}
		s.session.mu.Unlock()
	}
	s.session.spoken(r)
}
