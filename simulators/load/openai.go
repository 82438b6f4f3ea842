package main

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

const (
	model   = "gpt-realtime"
	maxBody = 1 << 20
)

// OpenAI is the part of the Realtime API that a telephone agent uses.
type OpenAI struct {
	sound    *Sound
	upgrader websocket.Upgrader
	mu       sync.Mutex
	calls    map[string]*Call
}

// NewOpenAI makes one without calls.
func NewOpenAI(sound *Sound) *OpenAI { return &OpenAI{sound: sound, calls: map[string]*Call{}} }

func (o *OpenAI) addRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, map[string]any{
			"object": "list", "data": []any{map[string]any{"id": model, "object": "model", "created": 1, "owned_by": "system"}},
		})
	})
	mux.HandleFunc("POST /v1/realtime/calls", o.create)
	mux.HandleFunc("POST /v1/realtime/calls/{id}/hangup", func(w http.ResponseWriter, r *http.Request) {
		if call := o.find(r.PathValue("id")); call != nil {
			call.close()
			return
		}
		unknown(w)
	})
	mux.HandleFunc("GET /v1/realtime", o.connect)
}

func (o *OpenAI) create(w http.ResponseWriter, r *http.Request) {
	offer, config, err := read(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	call, answer, err := NewCall(o.sound, offer, config, o.forget)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_offer", err.Error())
		return
	}
	o.mu.Lock()
	o.calls[call.id] = call
	o.mu.Unlock()
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/v1/realtime/calls/"+call.id)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

// read takes an offer, and with a form the session's settings as well.
func read(r *http.Request) (offer string, config any, err error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") {
		body, err := io.ReadAll(r.Body)
		return string(body), nil, err
	}
	if err = r.ParseMultipartForm(maxBody); err != nil {
		return "", nil, err
	}
	settings := part(r, "session")
	if settings != "" {
		err = json.Unmarshal([]byte(settings), &config)
	}
	return part(r, "sdp"), config, err
}

// part is a form's field, whether it was sent as text or as a file.
func part(r *http.Request, name string) string {
	if text := r.FormValue(name); text != "" {
		return text
	}
	file, _, err := r.FormFile(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	body, _ := io.ReadAll(file)
	return string(body)
}

func (o *OpenAI) connect(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("call_id")
	call := o.find(id)
	if id != "" && call == nil {
		unknown(w)
		return
	}
	ws, err := o.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	if call == nil {
		o.serve(ws)
		return
	}
	write(ws, call.session, func() {
		for {
			_, raw, err := ws.ReadMessage()
			if err != nil {
				return
			}
			call.session.take(raw)
		}
	})
}

func (o *OpenAI) find(id string) *Call {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[id]
}

func (o *OpenAI) forget(c *Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.calls, c.id)
}

func unknown(w http.ResponseWriter) {
	refuse(w, http.StatusNotFound, "call_id_not_found", "No session found for the provided call_id.")
}
