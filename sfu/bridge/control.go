package main

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody = 256 << 10
	// somebody who listens hears of a bridge's death by the end of the stream, and of a dead network by the end of these
	heartbeatEvery = 2 * time.Second
	readWithin     = 10 * time.Second
)

// Control is the bridge's HTTP interface.
type Control struct {
	bridge     *Bridge
	token      string // empty: whoever can reach us may
	clips      string // the folder that clips are played from; empty: none are
	recordings string // the folder that recordings are written into; empty: none are
	log        *slog.Logger
}

// refusal is an error with what the client did wrong.
type refusal struct {
	status  int
	code    string
	message string
}

func (r refusal) Error() string { return r.message }

var errNoLeg = refusal{http.StatusNotFound, "no-leg", "There is no leg of this id here, or it has ended."}

func bad(message string) error { return refusal{http.StatusBadRequest, "bad-request", message} }

var (
	idShape    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	labelShape = regexp.MustCompile(`^[A-Za-z0-9._-]{0,100}$`)
)

// Handler lays out the routes.
func (c *Control) Handler() http.Handler {
	mux := http.NewServeMux()
	leg := func(do func(*Leg, *http.Request) (any, error)) func(http.ResponseWriter, *http.Request) {
		return c.answer(http.StatusOK, func(r *http.Request) (any, error) {
			found := c.bridge.Find(r.PathValue("id"))
			if found == nil {
				return nil, errNoLeg
			}
			return do(found, r)
		})
	}
	mux.HandleFunc("POST /legs", c.answer(http.StatusCreated, c.make))
	mux.HandleFunc("GET /legs", c.answer(http.StatusOK, c.list))
	mux.HandleFunc("GET /legs/{id}", leg(func(l *Leg, _ *http.Request) (any, error) { return l.Status(), nil }))
	mux.HandleFunc("DELETE /legs/{id}", leg(c.remove))
	mux.HandleFunc("POST /legs/{id}/answer", leg(c.take))
	mux.HandleFunc("POST /legs/{id}/enter", leg(c.enter))
	mux.HandleFunc("POST /legs/{id}/renew", leg(c.renew))
	mux.HandleFunc("POST /legs/{id}/gate", leg(c.gate))
	mux.HandleFunc("POST /legs/{id}/play", leg(c.play))
	mux.HandleFunc("POST /legs/{id}/clear", leg(c.clear))
	mux.HandleFunc("POST /legs/{id}/source", leg(c.source))
	mux.HandleFunc("POST /legs/{id}/attributes", leg(c.attributes))
	mux.HandleFunc("POST /legs/{id}/record", leg(c.record))
	mux.HandleFunc("DELETE /legs/{id}/record", leg(c.stopRecording))
	mux.HandleFunc("GET /recordings/{name}", c.answer(http.StatusOK, c.recorded))
	mux.HandleFunc("GET /recordings/{name}/{file}", c.guarded(c.recordedFile))
	mux.HandleFunc("DELETE /recordings/{name}", c.answer(http.StatusOK, c.forgetRecording))
	mux.HandleFunc("POST /legs/{id}/capture", leg(c.capture))
	mux.HandleFunc("DELETE /legs/{id}/capture", c.guarded(c.captured))
	mux.HandleFunc("GET /events", c.guarded(c.stream))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, c.bridge.Health()) })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { c.bridge.WriteMetrics(w) })
	return mux
}

// --- routes ---

type made struct {
	Status
	SDP string `json:"sdp"`
}

func (c *Control) make(r *http.Request) (any, error) {
	var spec Spec
	if err := read(r, &spec); err != nil {
		return nil, err
	}
	spec.Label = r.URL.Query().Get("label")
	switch {
	case !labelShape.MatchString(spec.Label):
		return nil, bad("`label` has to be up to 100 letters, digits, dots, dashes or underscores.")
	case !idShape.MatchString(spec.ID):
		return nil, bad("`id` has to be 1 to 100 letters, digits, dots, dashes or underscores.")
	case spec.Room.URL == "" || spec.Room.Token == "":
		return nil, bad("`room` needs `url` and `token`.")
	case spec.Room.Hears == "":
		return nil, bad("`room.hears` has to be the identity of the participant whose audio the peer gets.")
	}
	for stream, gate := range spec.Gates {
		if err := cmp.Or(known(stream), gate.known("gates")); err != nil {
			return nil, err
		}
	}
	leg, description, err := c.bridge.Make(r.Context(), spec)
	switch {
	case errors.Is(err, errFull):
		return nil, refusal{http.StatusServiceUnavailable, "full", sentence(err)}
	case errors.Is(err, errDraining):
		return nil, refusal{http.StatusServiceUnavailable, "draining", sentence(err)}
	case errors.Is(err, errTaken):
		return nil, refusal{http.StatusConflict, "taken", sentence(err)}
	case err != nil:
		return nil, refusal{http.StatusUnprocessableEntity, "no-peer", sentence(err)}
	}
	c.logOf(leg).Info("A leg was made.", "action", "leg-made", "leg", spec.ID)
	return made{Status: leg.Status(), SDP: description}, nil
}

// logOf is the log for lines about a leg.
func (c *Control) logOf(l *Leg) *slog.Logger {
	if l.spec.Label == "" {
		return c.log
	}
	return c.log.With("call", l.spec.Label)
}

func (c *Control) list(*http.Request) (any, error) {
	legs := []Status{}
	for _, leg := range c.bridge.All() {
		legs = append(legs, leg.Status())
	}
	return map[string]any{"legs": legs}, nil
}

func (c *Control) remove(l *Leg, _ *http.Request) (any, error) {
	status := l.Status()
	l.Close("it was asked to")
	c.logOf(l).Info("A leg was ended.", "action", "leg-ended", "leg", status.ID, "age_s", status.AgeS)
	return status, nil
}

func (c *Control) take(l *Leg, r *http.Request) (any, error) {
	var body struct {
		SDP string `json:"sdp"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := l.Answer(body.SDP); err != nil {
		return nil, refusal{http.StatusUnprocessableEntity, "no-peer", sentence(err)}
	}
	return struct{}{}, nil
}

// enter has a leg that awaits its peer's answer come into the room without it.
func (c *Control) enter(l *Leg, _ *http.Request) (any, error) {
	l.enterOnce()
	return struct{}{}, nil
}

func (c *Control) renew(l *Leg, r *http.Request) (any, error) {
	var spec PeerSpec
	if err := read(r, &spec); err != nil {
		return nil, err
	}
	description, err := l.Renew(r.Context(), spec)
	if err != nil {
		return nil, refusal{http.StatusUnprocessableEntity, "no-peer", sentence(err)}
	}
	return made{Status: l.Status(), SDP: description}, nil
}

func (c *Control) gate(l *Leg, r *http.Request) (any, error) {
	var body struct {
		Stream         side    `json:"stream"`
		State          Gate    `json:"state"`
		ReleaseWithinS float64 `json:"release_within_s"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := known(body.Stream); err != nil {
		return nil, err
	}
	if err := body.State.known("state"); err != nil {
		return nil, err
	}
	if body.ReleaseWithinS < 0 || body.ReleaseWithinS > 60 {
		return nil, bad("`release_within_s` has to be 0 to 60 seconds.")
	}
	l.SetGate(body.Stream, body.State, time.Duration(body.ReleaseWithinS*float64(time.Second)))
	return struct{}{}, nil
}

func (c *Control) source(l *Leg, r *http.Request) (any, error) {
	var body struct {
		Participant string `json:"participant"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if !l.Source(body.Participant) {
		return nil, refusal{http.StatusConflict, "not-ready", "The leg is not in its room yet; wait for its event `ready`."}
	}
	return struct{}{}, nil
}

func (c *Control) attributes(l *Leg, r *http.Request) (any, error) {
	var body map[string]string
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if !l.Attributes(body) {
		return nil, refusal{http.StatusConflict, "not-ready", "The leg is not in its room yet; wait for its event `ready`."}
	}
	return struct{}{}, nil
}

// stream writes what happens, one JSON object a line, from `after` on if that was said by this instance of ours, else from the beginning;
// an empty line now and then says that we live.
func (c *Control) stream(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Get("after") != "" {
		fail(w, bad("`after` has to be the `seq` of an event."))
		return
	}
	if of := r.URL.Query().Get("instance"); of != "" && of != c.bridge.instance {
		after = 0
	}
	missed, coming := c.bridge.events.Read(r.Context(), after)
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Bridge-Instance", c.bridge.instance)
	w.WriteHeader(http.StatusOK)
	encoder := json.NewEncoder(w)
	for _, event := range missed {
		if encoder.Encode(event) != nil {
			return
		}
	}
	heartbeat := time.NewTicker(heartbeatEvery)
	defer heartbeat.Stop()
	for {
		if out.Flush() != nil {
			return
		}
		select {
		case event, open := <-coming:
			if !open || encoder.Encode(event) != nil {
				return
			}
		case <-heartbeat.C:
			if _, err := io.WriteString(w, "\n"); err != nil {
				return
			}
		}
	}
}

// --- how all of them answer ---

func (c *Control) guarded(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		right := subtle.ConstantTimeCompare([]byte(given), []byte(c.token)) == 1
		if c.token != "" && !(strings.EqualFold(scheme, "Bearer") && right) {
			fail(w, refusal{http.StatusUnauthorized, "not-authorized", "The Authorization header has to be `Bearer` and BRIDGE_TOKEN."})
			return
		}
		serve(w, r)
	}
}

func (c *Control) answer(status int, do func(*http.Request) (any, error)) http.HandlerFunc {
	return c.guarded(func(w http.ResponseWriter, r *http.Request) {
		body, err := do(r)
		if err != nil {
			fail(w, err)
			return
		}
		reply(w, status, body)
	})
}

// read reads a JSON body; a field that we do not know is a mistake of the client's.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return bad(fmt.Sprintf("`%s` has to be a %s.", wrong.Field, wrong.Type))
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return bad("The body has an " + strings.TrimPrefix(err.Error(), "json: ") + ".")
	}
	return bad("The body has to be a JSON object of at most 256 KiB.")
}

func known(stream side) error {
	if stream != sideRoom && stream != sidePeer {
		return bad("`stream` has to be room or peer: where it goes.")
	}
	return nil
}

func (g Gate) known(field string) error {
	if g != GateClosed && g != GateKept && !g.leaves() {
		return bad("`" + field + "` has to be closed, kept, held or open.")
	}
	return nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, err error) {
	var known refusal
	if !errors.As(err, &known) {
		known = refusal{http.StatusInternalServerError, "internal", "The bridge failed."}
	}
	reply(w, known.status, map[string]any{"error": map[string]string{"code": known.code, "message": known.message}})
}

// sentence makes an error's text one.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// reason is an error's text without the path that it is about: the client knows the name, and the rest is not its business.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
