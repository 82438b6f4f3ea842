package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Network says how a peer may reach us. All of a bridge's peers of one kind share it.
type Network struct {
	// PortMin and PortMax bound the UDP ports; 0 leaves them to the system. Every peer has a socket of its own: pion's mux tells
	// connections apart by their remote address, and a far end's relay is one address for all calls.
	PortMin, PortMax uint16
	// Advertised is the address that stands in descriptions in place of ours, behind a 1:1 NAT.
	Advertised string
	// Loopback lets 127.0.0.1 be a candidate.
	Loopback bool
}

// PeerSpec is what whoever makes a leg wants of its peer.
type PeerSpec struct {
	// Offer is the peer's; without it, we offer.
	Offer string `json:"offer,omitempty"`
	// Fmtp is what our offer says of Opus.
	Fmtp string `json:"fmtp,omitempty"`
	// Digits offers telephone events.
	Digits bool `json:"digits,omitempty"`
	// DataChannel is the label of the one that our offer has; none if empty.
	DataChannel string `json:"data_channel,omitempty"`
	// QuietOn, SpeechOn and ClearOn are the `type`s of JSON messages on it that announce silence, announce speech, and drop what waits.
	QuietOn  []string `json:"quiet_on,omitempty"`
	SpeechOn []string `json:"speech_on,omitempty"`
	ClearOn  []string `json:"clear_on,omitempty"`
	// TellOn are those that are told as events.
	TellOn []string `json:"tell_on,omitempty"`
	// DeadAfterS is how long a peer may be silent on the network, in seconds.
	DeadAfterS float64 `json:"dead_after_s,omitempty"`
	// ConnectWithinS is how long its first connection may take, in seconds, if that is longer: a phone may have to be picked up first.
	ConnectWithinS float64 `json:"connect_within_s,omitempty"`
}

const (
	defaultFmtp  = "minptime=20;useinbandfec=1"
	gatherWithin = 3 * time.Second
	reportEvery  = 5 * time.Second
	defaultDead  = 8 * time.Second
	// pion asks every pair of candidates so often (RFC 8445, 14.2 wants no less)
	asksEvery = 200 * time.Millisecond
)

// Peer is one WebRTC connection of a leg: one generation of it.
type Peer struct {
	generation int
	pc         *webrtc.PeerConnection
	fmtp       string
	digits     *Digits
	digitsType uint8
	heard      PeerHandler

	mu       sync.Mutex
	report   FarReport
	isLost   bool
	isClosed bool
}

// FarReport is what the peer says of our packets (RFC 3550, 6.4.1).
type FarReport struct {
	Lost        int64   `json:"lost"`
	JitterMs    float64 `json:"jitter_ms"`
	RoundTripMs float64 `json:"round_trip_ms"`
}

// PeerHandler is told what comes from a peer. None of its methods may wait.
type PeerHandler interface {
	peerStands(generation int)
	peerPacket(generation int, header *rtp.Header, payload []byte, now time.Time)
	peerDigit(pressed key)
	peerEvent(header *rtp.Header, now time.Time)
	peerMessage(generation int, text []byte)
	peerLost(generation int, why string)
}

// NewPeer makes a connection that sends `out`, and its description: an offer, or the answer to the peer's.
func NewPeer(ctx context.Context, network Network, spec PeerSpec, generation int, out *Stream, heard PeerHandler) (*Peer, string, error) {
	codecs := offered{opus: opusType, fmtp: spec.Fmtp, role: webrtc.DTLSRoleClient}
	if spec.Fmtp == "" {
		codecs.fmtp = defaultFmtp
	}
	if spec.Digits {
		codecs.digits, codecs.digitsRate = digitsType, digitsRate
	}
	if spec.Offer != "" {
		var err error
		if codecs, err = readOffer(spec.Offer); err != nil {
			return nil, "", err
		}
	}
	api, err := newAPI(network, codecs, spec)
	if err != nil {
		return nil, "", err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, "", err
	}
	p := &Peer{
		generation: generation, pc: pc, fmtp: codecs.fmtp, heard: heard,
		digits: NewDigits(codecs.digitsRate), digitsType: codecs.digits,
	}
	description, err := p.begin(ctx, spec, out)
	if err != nil {
		return nil, "", errors.Join(err, pc.Close())
	}
	return p, description, nil
}

func newAPI(network Network, codecs offered, spec PeerSpec) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2, SDPFmtpLine: codecs.fmtp,
		},
		PayloadType: webrtc.PayloadType(codecs.opus),
	}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if codecs.digits != 0 {
		if err := media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: codecs.digitsRate},
			PayloadType:        webrtc.PayloadType(codecs.digits),
		}, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
	}
	reports := &interceptor.Registry{}
	sender, err := report.NewSenderInterceptor(report.SenderInterval(reportEvery))
	if err != nil {
		return nil, err
	}
	receiver, err := report.NewReceiverInterceptor(report.ReceiverInterval(reportEvery))
	if err != nil {
		return nil, err
	}
	reports.Add(sender)
	reports.Add(receiver)

	// pion's lines quote addresses and descriptions
	settings := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetIncludeLoopbackCandidate(network.Loopback)
	setPatience(&settings, spec)
	// a peer whose answer names no source is heard on whichever it takes
	settings.SetHandleUndeclaredSSRCWithoutAnswer(true)
	if err := settings.SetAnsweringDTLSRole(codecs.role); err != nil {
		return nil, err
	}
	if network.PortMax != 0 {
		if err := settings.SetEphemeralUDPPortRange(network.PortMin, network.PortMax); err != nil {
			return nil, err
		}
	}
	if network.Advertised != "" {
		address, err := netip.ParseAddr(network.Advertised)
		if err != nil {
			return nil, err
		}
		settings.SetNAT1To1IPs([]string{address.String()}, webrtc.ICECandidateTypeHost)
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(reports), webrtc.WithSettingEngine(settings),
	), nil
}

// setPatience says how long a peer may be silent. pion calls it disconnected after the first bound. The sum of both ends the checks of
// one that has never answered, and all pairs that were asked often enough are given up before: whoever is lite sends no checks of its own
// (RFC 8445, 2.5), and could not be found any more.
func setPatience(settings *webrtc.SettingEngine, spec PeerSpec) {
	dead := defaultDead
	if spec.DeadAfterS > 0 {
		dead = time.Duration(spec.DeadAfterS * float64(time.Second))
	}
	connect := max(dead, time.Duration(spec.ConnectWithinS*float64(time.Second)))
	settings.SetICETimeouts(dead, connect-dead, min(time.Second, dead/4))
	settings.SetICEMaxBindingRequests(uint16(min(connect/asksEvery+1, 1<<16-1)))
}

func (p *Peer) begin(ctx context.Context, spec PeerSpec, out *Stream) (string, error) {
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.pump(track) })
	p.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			p.mu.Lock()
			p.isLost = false
			p.mu.Unlock()
			p.heard.peerStands(p.generation)
		case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			p.lost("its connection " + state.String())
		}
	})
	if spec.Offer != "" {
		description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: spec.Offer}
		if err := p.pc.SetRemoteDescription(description); err != nil {
			return "", fmt.Errorf("the offer was refused: %w", without(err))
		}
	}
	sender, err := p.pc.AddTrack(out)
	if err != nil {
		return "", err
	}
	go p.readReports(sender)
	var own webrtc.SessionDescription
	if spec.Offer != "" {
		own, err = p.pc.CreateAnswer(nil)
	} else {
		if err := p.openChannel(spec); err != nil {
			return "", err
		}
		own, err = p.pc.CreateOffer(nil)
	}
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(own); err != nil {
		return "", err
	}
	select {
	case <-gathered:
	case <-time.After(gatherWithin):
		return "", errors.New("no candidates could be gathered in time")
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return trim(p.pc.LocalDescription().SDP)
}

func (p *Peer) openChannel(spec PeerSpec) error {
	if spec.DataChannel == "" {
		return nil
	}
	channel, err := p.pc.CreateDataChannel(spec.DataChannel, nil)
	if err != nil {
		return err
	}
	channel.OnMessage(func(message webrtc.DataChannelMessage) { p.heard.peerMessage(p.generation, message.Data) })
	// a far end that ends its session closes this first; the connection's state may say nothing for long
	channel.OnClose(func() { p.lost("its data channel was closed") })
	return nil
}

// Answer takes the peer's answer to our offer. A second one changes nothing: whoever was not told that the first was taken repeats it.
func (p *Peer) Answer(text string) error {
	if p.pc.RemoteDescription() != nil {
		return nil
	}
	aligned, err := align(text, p.fmtp)
	if err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: aligned}); err != nil {
		return fmt.Errorf("the answer was refused: %w", without(err))
	}
	return nil
}

// pump reads what the peer sends until its track ends.
func (p *Peer) pump(track *webrtc.TrackRemote) {
	readPackets(track, func(header *rtp.Header, payload []byte, now time.Time) {
		if p.digitsType != 0 && header.PayloadType == p.digitsType {
			p.heard.peerEvent(header, now)
			for _, pressed := range p.digits.Take(header, payload, now) {
				p.heard.peerDigit(pressed)
			}
			return
		}
		for _, pressed := range p.digits.Expire(now) {
			p.heard.peerDigit(pressed)
		}
		p.heard.peerPacket(p.generation, header, payload, now)
	})
}

// readReports keeps what the peer says of our packets, and lets the interceptors see it.
func (p *Peer) readReports(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		now := time.Now()
		for _, packet := range packets {
			var reports []rtcp.ReceptionReport
			switch one := packet.(type) {
			case *rtcp.ReceiverReport:
				reports = one.Reports
			case *rtcp.SenderReport:
				reports = one.Reports
			}
			for _, about := range reports {
				p.mu.Lock()
				p.report = farReport(about, now)
				p.mu.Unlock()
			}
		}
	}
}

// farReport reads a reception report; the round trip is now less the time of our report and less how long the peer kept it.
func farReport(about rtcp.ReceptionReport, now time.Time) FarReport {
	read := FarReport{Lost: int64(about.TotalLost), JitterMs: float64(about.Jitter) * 1000 / clockRate}
	if about.LastSenderReport != 0 {
		// the middle 32 bits of NTP's time: units of 1/65536 s since 1900
		seconds := uint64(now.Unix()) + 2208988800
		middle := uint32(seconds<<16) | uint32(uint64(now.Nanosecond())<<16/1e9)
		if trip := int32(middle - about.LastSenderReport - about.Delay); trip > 0 {
			read.RoundTripMs = float64(trip) * 1000 / 65536
		}
	}
	return read
}

// Report returns the newest that the peer said of our packets.
func (p *Peer) Report() FarReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.report
}

func (p *Peer) lost(why string) {
	p.mu.Lock()
	told := p.isLost || p.isClosed
	p.isLost = true
	p.mu.Unlock()
	if !told {
		p.heard.peerLost(p.generation, why)
	}
}

// PeerState is how a connection does.
type PeerState struct {
	// State is WebRTC's RTCPeerConnectionState.
	State string `json:"state"`
	// Answered says whether its description is known.
	Answered bool `json:"answered"`
	// Lost says whether `peer-lost` was told, and nothing has come since.
	Lost bool `json:"lost"`
}

// State returns how the connection does.
func (p *Peer) State() PeerState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return PeerState{
		State: p.pc.ConnectionState().String(), Answered: p.pc.RemoteDescription() != nil, Lost: p.isLost,
	}
}

// Close ends the connection; nothing is said of it any more.
func (p *Peer) Close() {
	p.mu.Lock()
	p.isClosed = true
	p.mu.Unlock()
	_ = p.pc.Close()
}

// without keeps an error's kind and drops its words: they may quote a description, and with it a password.
func without(err error) error { return fmt.Errorf("%T", errors.Unwrap(err)) }
