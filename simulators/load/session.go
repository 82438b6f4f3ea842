package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	loudFrames = 4
	// OwnTime is what passes here from the caller's last sound to the first one of the reply: the silence that ends a turn, and the first word.
	OwnTime    = turnEnds + firstWord
	turnEnds   = 240 * time.Millisecond
	firstWord  = 300 * time.Millisecond
	replyLasts = 3 * time.Second
)

type event = map[string]any

// mouth carries a session's sound; it is called with the session locked.
type mouth interface {
	// start begins with a reply; the mouth tells Session.made and Session.spoken when it is through.
	start(*reply)
	// stop ends it where it is, and tells whether anything of it had still to come.
	stop(*reply) bool
	// finished tells clients that all of it has left.
	finished(*reply)
}

type reply struct {
	id, item string
	metadata any
	began    time.Time
	done     bool
	quit     chan struct{}
}

// Session is one Realtime session: it greets when it is asked to, answers whatever it hears, and stops when it is interrupted.
type Session struct {
	id    string
	mouth mouth
	// buffered: what has been made is heard later, and goes on when the client cancels the response
	buffered bool

	mu       sync.Mutex
	config   any
	ends     map[any]func(event)
	loud     int
	lastLoud time.Time
	hearing  string
	lastItem any
	asked    *time.Timer
	current  *reply
}

// NewSession makes a session whose sound goes through `mouth`.
func NewSession(m mouth) *Session {
	return &Session{id: newID("sess"), mouth: m, ends: map[any]func(event){}, config: event{"type": "realtime"}}
}

// attach lets somebody have the events from now on, beginning with the session's.
func (s *Session) attach(who any, send func(event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[who] = send
	send(numbered(event{"type": "session.created", "session": s.described()}))
}

func (s *Session) detach(who any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ends, who)
}

func (s *Session) described() event {
	described := event{"object": "realtime.session", "id": s.id, "type": "realtime"}
	if config, ok := s.config.(event); ok {
		for name, value := range config {
			described[name] = value
		}
	}
	return described
}

func (s *Session) tell(e event) {
	numbered(e)
	for _, send := range s.ends {
		send(e)
	}
}

// take does what a client's event asks for.
func (s *Session) take(raw []byte) {
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e["type"] {
	case "session.update":
		s.config = e["session"]
		s.tell(event{"type": "session.updated", "session": s.described()})
	case "response.create":
		var metadata any
		if response, ok := e["response"].(event); ok {
			metadata = response["metadata"]
		}
		s.replyAt(time.Now().Add(firstWord), metadata)
	case "response.cancel":
		s.cut("client_cancelled")
	case "output_audio_buffer.clear":
		if r := s.current; r != nil {
			s.silence(r)
		}
	case "conversation.item.create":
		if item, ok := e["item"].(event); ok {
			s.add(item)
		}
	case "conversation.item.truncate":
		s.tell(event{
			"type": "conversation.item.truncated", "item_id": e["item_id"], "content_index": 0, "audio_end_ms": e["audio_end_ms"],
		})
	case "conversation.item.delete":
		s.tell(event{"type": "conversation.item.deleted", "item_id": e["item_id"]})
	}
}

// hear takes 20 ms of the caller.
func (s *Session) hear(loud bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if loud {
		s.loud++
		s.lastLoud = now
		if s.hearing == "" && s.loud >= loudFrames {
			s.hearing = newID("item")
			s.tell(event{"type": "input_audio_buffer.speech_started", "item_id": s.hearing, "audio_start_ms": 0})
			s.cut("turn_detected")
		}
		return
	}
	s.loud = 0
	s.settle(now)
}

// settle ends the caller's turn after a silence, of which packets need not come.
func (s *Session) settle(now time.Time) {
	if s.hearing == "" || now.Sub(s.lastLoud) < turnEnds {
		return
	}
	item := s.hearing
	s.hearing = ""
	s.tell(event{"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": 0})
	s.tell(event{"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": s.lastItem})
	s.add(event{
		"id": item, "type": "message", "status": "completed", "role": "user",
		"content": []any{event{"type": "input_audio", "transcript": nil}},
	})
	s.tell(event{
		"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "content_index": 0,
		"transcript": "Do you have a bicycle for me?", "usage": event{"type": "duration", "seconds": 1},
	})
	s.replyAt(s.lastLoud.Add(OwnTime), nil)
}

func (s *Session) add(item event) {
	if _, named := item["id"]; !named {
		item["id"] = newID("item")
	}
	item["object"] = "realtime.item"
	for _, kind := range []string{"added", "done"} {
		s.tell(event{"type": "conversation.item." + kind, "previous_item_id": s.lastItem, "item": item})
	}
	s.lastItem = item["id"]
}

func (s *Session) replyAt(due time.Time, metadata any) {
	if s.asked != nil {
		s.asked.Stop()
	}
	s.asked = time.AfterFunc(time.Until(due), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.current == nil && s.hearing == "" {
			s.speak(metadata)
		}
	})
}

func (s *Session) speak(metadata any) {
	r := &reply{id: newID("resp"), item: newID("item"), metadata: metadata, began: time.Now(), quit: make(chan struct{})}
	s.current = r
	s.tell(event{"type": "response.created", "response": r.described("in_progress", nil)})
	s.tell(r.about("response.output_item.added", event{"item": r.message("in_progress")}))
	s.tell(event{"type": "conversation.item.added", "previous_item_id": s.lastItem, "item": r.message("in_progress")})
	s.lastItem = r.item
	s.tell(r.part("response.content_part.added", event{"part": event{"type": "audio", "transcript": ""}}))
	s.tell(r.part("response.output_audio_transcript.delta", event{"delta": words}))
	s.mouth.start(r)
}

// made tells that all of a reply has been made, which is long before it has been heard.
func (s *Session) made(r *reply, status string, details any) {
	if r.done {
		return
	}
	r.done = true
	s.tell(r.part("response.output_audio.done", event{}))
	s.tell(r.part("response.output_audio_transcript.done", event{"transcript": words}))
	s.tell(r.part("response.content_part.done", event{"part": event{"type": "audio", "transcript": words}}))
	finished := "completed"
	if status != "completed" {
		finished = "incomplete"
	}
	s.tell(r.about("response.output_item.done", event{"item": r.message(finished)}))
	s.tell(event{"type": "conversation.item.done", "previous_item_id": nil, "item": r.message(finished)})
	s.tell(event{"type": "response.done", "response": r.described(status, details)})
}

// spoken is told by the mouth that a reply is through.
func (s *Session) spoken(r *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == r {
		s.made(r, "completed", nil)
		s.current = nil
	}
	s.mouth.finished(r)
}

// rest lets a silence pass in which no packet comes.
func (s *Session) rest(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
}

// cut ends the reply that is being made or spoken, and forgets one that was asked for.
func (s *Session) cut(reason string) {
	if s.asked != nil {
		s.asked.Stop()
	}
	r := s.current
	if r == nil {
		return
	}
	s.made(r, "cancelled", event{"type": "cancelled", "reason": reason})
	if reason == "turn_detected" || !s.buffered {
		s.silence(r)
	}
}

func (s *Session) silence(r *reply) {
	if s.current != r {
		return
	}
	s.made(r, "completed", nil)
	s.current = nil
	if s.mouth.stop(r) {
		s.tell(event{
			"type": "conversation.item.truncated", "item_id": r.item, "content_index": 0,
			"audio_end_ms": time.Since(r.began).Milliseconds(),
		})
	}
}

func (s *Session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = map[any]func(event){}
	if s.asked != nil {
		s.asked.Stop()
	}
	if r := s.current; r != nil {
		s.current = nil
		s.mouth.stop(r)
	}
}

const words = "We have one, and it is green."

func (r *reply) about(kind string, more event) event {
	more["type"], more["response_id"], more["output_index"] = kind, r.id, 0
	return more
}

func (r *reply) part(kind string, more event) event {
	more["item_id"], more["content_index"] = r.item, 0
	return r.about(kind, more)
}

func (r *reply) message(status string) event {
	content := []any{}
	if status != "in_progress" {
		content = append(content, event{"type": "output_audio", "transcript": words})
	}
	return event{
		"object": "realtime.item", "id": r.item, "type": "message", "status": status, "role": "assistant", "content": content,
	}
}

func (r *reply) described(status string, details any) event {
	described := event{
		"object": "realtime.response", "id": r.id, "status": status, "status_details": details, "output": []any{},
		"conversation_id": "conv", "output_modalities": []string{"audio"}, "metadata": r.metadata, "usage": nil,
	}
	if status != "in_progress" {
		described["output"] = []any{r.message("completed")}
		described["usage"] = event{
			"total_tokens": 2, "input_tokens": 1, "output_tokens": 1,
			"input_token_details":  event{"text_tokens": 1, "audio_tokens": 0, "cached_tokens": 0},
			"output_token_details": event{"text_tokens": 0, "audio_tokens": 1},
		}
	}
	return described
}

func numbered(e event) event {
	e["event_id"] = newID("event")
	return e
}

func newID(kind string) string { return fmt.Sprintf("%s_%016x", kind, rand.Uint64()) }
