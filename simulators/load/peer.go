package main

import (
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

const (
	opusType  = 111
	clockRate = 48_000
)

// newPeer makes a connection with one Opus track, on this machine alone.
func newPeer(lite bool) (*webrtc.PeerConnection, *webrtc.TrackLocalStaticRTP, *webrtc.RTPSender, error) {
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(
		webrtc.RTPCodecParameters{RTPCodecCapability: codec, PayloadType: opusType}, webrtc.RTPCodecTypeAudio,
	); err != nil {
		return nil, nil, nil, err
	}
	reports := &interceptor.Registry{}
	if err := webrtc.ConfigureRTCPReports(reports); err != nil {
		return nil, nil, nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetLite(lite)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	// Meta's relay is DTLS client where it may choose
	if err := settings.SetAnsweringDTLSRole(webrtc.DTLSRoleClient); err != nil {
		return nil, nil, nil, err
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(reports), webrtc.WithSettingEngine(settings),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, nil, nil, err
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, "audio", "far")
	if err != nil {
		return pc, nil, nil, err
	}
	sender, err := pc.AddTrack(track)
	return pc, track, sender, err
}

// describe sets a description of ours, with all candidates.
func describe(pc *webrtc.PeerConnection, own webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(own); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// plain leaves out what is said of codecs' parameters: pion drops a codec whose parameters are not its own.
func plain(sdp string) string {
	var kept []string
	for line := range strings.SplitSeq(strings.ReplaceAll(sdp, "\r\n", "\n"), "\n") {
		if !strings.HasPrefix(line, "a=fmtp:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\r\n")
}

// attribute is the first value of an attribute, or empty.
func attribute(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, "\r\na="+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}
