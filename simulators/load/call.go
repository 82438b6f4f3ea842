package main

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Call is a session over WebRTC: Opus both ways, events on the data channel and on sidebands.
type Call struct {
	id      string
	sound   *Sound
	session *Session
	pc      *webrtc.PeerConnection
	track   *webrtc.TrackLocalStaticRTP
	ended   func(*Call)
	quit    chan struct{}
	once    sync.Once
	header  rtp.Header
	base    uint32
	saying  atomic.Pointer[reply]
	starts  chan struct{}
}

// NewCall answers an offer.
func NewCall(sound *Sound, offer string, config any, ended func(*Call)) (*Call, string, error) {
	pc, track, _, err := newPeer(false)
	c := &Call{
		id: newID("rtc"), sound: sound, pc: pc, track: track, ended: ended, quit: make(chan struct{}),
		starts: make(chan struct{}, 1), base: rand.Uint32(),
		header: rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32() >> 17)},
	}
	c.session = NewSession(c)
	c.session.buffered = true
	if config != nil {
		c.session.config = config
	}
	var answer string
	if err == nil {
		answer, err = c.begin(offer)
	}
	if err != nil && pc != nil {
		return nil, "", errors.Join(err, pc.Close())
	}
	return c, answer, err
}

func (c *Call) begin(offer string) (string, error) {
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.listen(track) })
	c.pc.OnDataChannel(func(channel *webrtc.DataChannel) {
		channel.OnOpen(func() {
			c.session.attach(channel, func(e event) {
				if text, err := json.Marshal(e); err == nil {
					_ = channel.SendText(string(text))
				}
			})
		})
		channel.OnMessage(func(message webrtc.DataChannelMessage) { c.session.take(message.Data) })
	})
	c.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			c.close()
		}
	})
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: plain(offer)}
	if err := c.pc.SetRemoteDescription(description); err != nil {
		return "", err
	}
	answer, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	sdp, err := describe(c.pc, answer)
	if err == nil {
		go c.talk()
	}
	return sdp, err
}

func (c *Call) listen(track *webrtc.TrackRemote) {
	buffer := make([]byte, 1500)
	packet := &rtp.Packet{}
	for {
		length, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		if packet.Unmarshal(buffer[:length]) == nil && len(packet.Payload) > 0 {
			c.session.hear(isLoud(packet.Payload), time.Now())
		}
	}
}

// start lets the next packet be the reply's first. All of it is made at once, as a model makes it: long before it has been heard.
func (c *Call) start(r *reply) {
	c.session.made(r, "completed", nil)
	c.session.tell(event{"type": "output_audio_buffer.started", "response_id": r.id})
	c.saying.Store(r)
	select {
	case c.starts <- struct{}{}:
	default:
	}
}

func (c *Call) stop(r *reply) bool {
	if !c.saying.CompareAndSwap(r, nil) {
		return false
	}
	c.session.tell(event{"type": "output_audio_buffer.cleared", "response_id": r.id})
	return true
}

func (c *Call) finished(r *reply) {
	c.session.tell(event{"type": "output_audio_buffer.stopped", "response_id": r.id})
}

// talk is the call's clock: a packet every 20 ms while something is said, nothing in silence.
func (c *Call) talk() {
	frames := int(replyLasts / frameTime)
	began := time.Now()
	due, said := began, 0
	var saying *reply
	for {
		select {
		case <-c.quit:
			return
		case <-c.starts:
			due = time.Now()
		case <-time.After(time.Until(due)):
		}
		due = due.Add(frameTime)
		if current := c.saying.Load(); current != saying {
			saying, said = current, 0
		}
		if saying == nil {
			c.session.rest(time.Now())
			continue
		}
		if said == 0 {
			c.header.Timestamp = c.base + uint32(time.Since(began)/frameTime)*frameTicks
		}
		c.header.SequenceNumber, c.header.Marker = c.header.SequenceNumber+1, said == 0
		_ = c.track.WriteRTP(&rtp.Packet{Header: c.header, Payload: c.sound.frames[said%len(c.sound.frames)]})
		c.header.Timestamp += frameTicks
		if said++; said == frames && c.saying.CompareAndSwap(saying, nil) {
			c.session.spoken(saying)
		}
	}
}

func (c *Call) close() {
	c.once.Do(func() {
		close(c.quit)
		c.session.close()
		c.ended(c)
		_ = c.pc.Close()
	})
}
