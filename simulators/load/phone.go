package main

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// mid is that of Meta's offers.
const mid = "audio"

// Parameters are what an offer in Meta's shape says of one phone; whoever gives it away writes it.
type Parameters struct {
	ID          string `json:"id"`
	Address     string `json:"address"`
	Port        int    `json:"port"`
	Ufrag       string `json:"ufrag"`
	Pwd         string `json:"pwd"`
	Fingerprint string `json:"fingerprint"`
	SSRC        uint32 `json:"ssrc"`
}

// Report is what one call was like at its phone; moments are Unix seconds, 0 for what has not been.
type Report struct {
	*Ear
	ICEUp        float64 `json:"ice_up"`
	DTLSUp       float64 `json:"dtls_up"`
	FirstPacket  float64 `json:"first_packet"`
	FirstAudible float64 `json:"first_audible"`
	LastPacket   float64 `json:"last_packet"`
	Sent         int     `json:"sent"`
	Unanswered   int     `json:"unanswered"`
}

// Phone is one phone for one call: ICE-lite, as Meta's relay.
type Phone struct {
	Parameters
	sound *Sound
	pc    *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticRTP
	quit  chan struct{}
	once  sync.Once

	mu     sync.Mutex
	ear    Ear
	user   User
	iceUp  time.Time
	dtlsUp time.Time
	sent   int
}

// NewPhone makes a phone that offers.
func NewPhone(sound *Sound) (*Phone, error) {
	pc, track, sender, err := newPeer(true)
	p := &Phone{sound: sound, pc: pc, track: track, quit: make(chan struct{})}
	if err == nil {
		err = p.begin(sender)
	}
	if err != nil && pc != nil {
		return nil, errors.Join(err, pc.Close())
	}
	return p, err
}

func (p *Phone) begin(sender *webrtc.RTPSender) error {
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.listen(track) })
	p.pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		p.note(&p.iceUp, state == webrtc.ICEConnectionStateConnected)
	})
	p.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		p.note(&p.dtlsUp, state == webrtc.PeerConnectionStateConnected)
	})
	if err := p.pc.GetTransceivers()[0].SetMid(mid); err != nil {
		return err
	}
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	sdp, err := describe(p.pc, offer)
	if err != nil {
		return err
	}
	candidate := strings.Fields(attribute(sdp, "candidate"))
	if len(candidate) < 6 {
		return errors.New("a phone has no candidate")
	}
	port, err := strconv.Atoi(candidate[5])
	if err != nil {
		return err
	}
	_, fingerprint, _ := strings.Cut(attribute(sdp, "fingerprint"), " ")
	p.Parameters = Parameters{
		ID: newID("phone"), Address: candidate[4], Port: port,
		Ufrag: attribute(sdp, "ice-ufrag"), Pwd: attribute(sdp, "ice-pwd"), Fingerprint: fingerprint,
		SSRC: uint32(sender.GetParameters().Encodings[0].SSRC),
	}
	return nil
}

func (p *Phone) note(moment *time.Time, happened bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if happened && moment.IsZero() {
		*moment = time.Now()
	}
}

func (p *Phone) answered(sdp string) error {
	return p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: plain(sdp)})
}

func (p *Phone) listen(track *webrtc.TrackRemote) {
	buffer := make([]byte, 1500)
	packet := &rtp.Packet{}
	for {
		length, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		now := time.Now()
		if packet.Unmarshal(buffer[:length]) != nil || len(packet.Payload) == 0 {
			continue
		}
		p.mu.Lock()
		p.ear.Hear(packet.SequenceNumber, isLoud(packet.Payload), now)
		p.mu.Unlock()
	}
}

// talk sends a packet every 20 ms, by an absolute clock, from the moment on at which the call is accepted.
func (p *Phone) talk() {
	header := rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32() >> 17), Timestamp: rand.Uint32(), Marker: true}
	due, spoken := time.Now(), 0
	for {
		now := time.Now()
		p.mu.Lock()
		p.ear.Settle(now)
		payload := silence
		if p.user.Speaks(&p.ear, now) {
			payload = p.sound.frames[spoken%len(p.sound.frames)]
			spoken++
		}
		p.sent++
		p.mu.Unlock()
		_ = p.track.WriteRTP(&rtp.Packet{Header: header, Payload: payload})
		header.SequenceNumber, header.Timestamp, header.Marker = header.SequenceNumber+1, header.Timestamp+frameTicks, false
		due = due.Add(frameTime)
		select {
		case <-p.quit:
			return
		case <-time.After(time.Until(due)):
		}
	}
}

func (p *Phone) report() Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	ear := p.ear
	return Report{
		Ear: &ear, ICEUp: unixOf(p.iceUp), DTLSUp: unixOf(p.dtlsUp), FirstPacket: unixOf(ear.first),
		FirstAudible: unixOf(ear.audible), LastPacket: unixOf(ear.last), Sent: p.sent, Unanswered: p.user.Unanswered,
	}
}

func (p *Phone) close() {
	p.once.Do(func() {
		close(p.quit)
		_ = p.pc.Close()
	})
}

// Phones are all of them.
type Phones struct {
	sound *Sound
	mu    sync.Mutex
	all   map[string]*Phone
}

// NewPhones makes an empty set.
func NewPhones(sound *Sound) *Phones { return &Phones{sound: sound, all: map[string]*Phone{}} }

func (ps *Phones) addRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /phones", ps.make)
	mux.HandleFunc("POST /phones/{id}/answer", ps.of(func(p *Phone, w http.ResponseWriter, r *http.Request) {
		var body struct{ SDP string }
		err := json.NewDecoder(r.Body).Decode(&body)
		if err == nil {
			err = p.answered(body.SDP)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "bad-answer", err.Error())
			return
		}
		answerJSON(w, http.StatusOK, nil)
	}))
	mux.HandleFunc("POST /phones/{id}/talk", ps.of(func(p *Phone, w http.ResponseWriter, _ *http.Request) {
		go p.talk()
		answerJSON(w, http.StatusOK, nil)
	}))
	mux.HandleFunc("GET /phones/{id}", ps.of(func(p *Phone, w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, p.report())
	}))
	mux.HandleFunc("DELETE /phones/{id}", ps.of(func(p *Phone, w http.ResponseWriter, _ *http.Request) {
		ps.mu.Lock()
		delete(ps.all, p.ID)
		ps.mu.Unlock()
		report := p.report()
		p.close()
		answerJSON(w, http.StatusOK, report)
	}))
}

func (ps *Phones) make(w http.ResponseWriter, _ *http.Request) {
	phone, err := NewPhone(ps.sound)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "no-phone", err.Error())
		return
	}
	ps.mu.Lock()
	ps.all[phone.ID] = phone
	ps.mu.Unlock()
	answerJSON(w, http.StatusCreated, phone.Parameters)
}

func (ps *Phones) of(do func(*Phone, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ps.mu.Lock()
		phone := ps.all[r.PathValue("id")]
		ps.mu.Unlock()
		if phone == nil {
			refuse(w, http.StatusNotFound, "no-phone", "There is no phone of this id.")
			return
		}
		do(phone, w, r)
	}
}
