package main

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// far is the peer: a pion connection that answers and speaks.
type far struct {
	t     *testing.T
	pc    *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticSample
	mu    sync.Mutex
	got   []byte
	ssrcs map[uint32]bool
}

func newFar(t *testing.T) *far { return newFarOf(t, false) }

// newLiteFar is a far end that never asks, as a telephone network's relay is (RFC 8445, 2.5).
func newLiteFar(t *testing.T) *far { return newFarOf(t, true) }

func newFarOf(t *testing.T, lite bool) *far {
	t.Helper()
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	settings := webrtc.SettingEngine{LoggerFactory: quiet}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetLite(lite)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	f := &far{t: t, pc: pc, ssrcs: map[uint32]bool{}}
	f.track, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2,
	}, "far", "far")
	must(t, err)
	_, err = pc.AddTrack(f.track)
	must(t, err)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.ssrcs[packet.SSRC] = true
			if !isSpeechless(packet.Payload) {
				f.got = append(f.got, packet.Payload[1])
			}
			f.mu.Unlock()
		}
	})
	t.Cleanup(func() { _ = pc.Close() })
	return f
}

func (f *far) answer(offer string) string {
	f.t.Helper()
	must(f.t, f.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	answer, err := f.pc.CreateAnswer(nil)
	must(f.t, err)
	gathered := webrtc.GatheringCompletePromise(f.pc)
	must(f.t, f.pc.SetLocalDescription(answer))
	<-gathered
	return f.pc.LocalDescription().SDP
}

func (f *far) offer() string {
	f.t.Helper()
	offer, err := f.pc.CreateOffer(nil)
	must(f.t, err)
	gathered := webrtc.GatheringCompletePromise(f.pc)
	must(f.t, f.pc.SetLocalDescription(offer))
	<-gathered
	return f.pc.LocalDescription().SDP
}

// deaf puts a relay before a far end that lets nothing through until it is told to.
func deaf(t *testing.T, description string) (behind string, pickUp func()) {
	t.Helper()
	var picked atomic.Bool
	candidate := regexp.MustCompile(`(?m)^a=candidate:.* 1 udp \d+ 127\.0\.0\.1 (\d+) typ host`)
	found := candidate.FindStringSubmatch(description)
	if found == nil {
		t.Fatal("no candidate on loopback")
	}
	relay, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = relay.Close() })
	far, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+found[1])
	must(t, err)
	go func() {
		var near net.Addr
		buffer := make([]byte, 1500)
		for {
			count, from, err := relay.ReadFrom(buffer)
			if err != nil {
				return
			}
			to := net.Addr(far)
			if from.String() == far.String() {
				to = near
			} else {
				near = from
			}
			if picked.Load() && to != nil {
				_, _ = relay.WriteTo(buffer[:count], to)
			}
		}
	}()
	port := strconv.Itoa(relay.LocalAddr().(*net.UDPAddr).Port)
	only := regexp.MustCompile(`(?m)^a=candidate:.*\r\n`).ReplaceAllString(description, "")
	return only + strings.Replace(found[0], " "+found[1]+" typ", " "+port+" typ", 1) + "\r\n", func() { picked.Store(true) }
}

// stands waits until the far end can send: its side of the handshake may be the last to end.
func (f *far) stands() {
	f.t.Helper()
	eventually(f.t, "the far end's connection stands", func() bool {
		return f.pc.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
}

func (f *far) say(what byte) {
	f.t.Helper()
	f.stands()
	must(f.t, f.track.WriteSample(media.Sample{Data: []byte{0xf8, what, 0, 0, 0}, Duration: frame}))
}

func (f *far) heard() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something that other goroutines do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("it never came to be that ", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
