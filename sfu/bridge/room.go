package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/livekit"
	protocol "github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// RoomSpec says which participant a leg is, and whom it hears.
type RoomSpec struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	// Track is the name of what the leg publishes.
	Track string `json:"track"`
	// Hears is the identity of the participant whose audio goes to the peer, whenever that one comes.
	Hears string `json:"hears"`
	// AwaitsAnswer keeps it out of the room until the peer has answered our offer: before, nobody is there.
	AwaitsAnswer bool `json:"awaits_answer,omitempty"`
}

// Room is a leg's side in LiveKit: one participant.
type Room interface {
	// Participant is the server's id of it.
	Participant() string
	Attributes(map[string]string)
	Hear(identity string)
	Leave()
}

// RoomHandler is told what comes from a room. None of its methods may wait.
type RoomHandler interface {
	roomPacket(identity string, header *rtp.Header, payload []byte, now time.Time)
	roomJoined(identity string)
	roomLeft(identity string)
	roomAttributes(identity string, attributes map[string]string)
	roomData(from, topic string, text []byte)
	roomLost(why string)
}

// Join joins a room and publishes a stream; it returns once the room lists it.
type Join func(ctx context.Context, spec RoomSpec, out *Stream, heard RoomHandler) (Room, error)

const (
	joinWithin  = 8 * time.Second
	primingEach = 10 * time.Millisecond
	primings    = 3
)

// participant is a Room by LiveKit's own client, with two peer connections as it comes: with one it does not subscribe to a
// server that has Opus alone (the answer's rejected video sections have no mid).
type participant struct {
	room  *lksdk.Room
	heard RoomHandler
	spec  RoomSpec

	mu    sync.Mutex
	hears map[string]bool
	// held from reading attributes until they are told: the last that is told is the newest
	telling sync.Mutex
}

func init() {
	// the client's lines hold tokens and descriptions
	lksdk.SetLogger(protocol.LogRLogger(logr.Discard()))
}

// joinLiveKit is the Join of a real server.
func joinLiveKit(ctx context.Context, spec RoomSpec, out *Stream, heard RoomHandler) (Room, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	p := &participant{heard: heard, spec: spec, hears: map[string]bool{spec.Hears: true}}
	p.room = lksdk.NewRoom(&lksdk.RoomCallback{
		OnDisconnectedWithReason: func(reason lksdk.DisconnectionReason) { heard.roomLost(string(reason)) },
		OnParticipantConnected:   func(other *lksdk.RemoteParticipant) { p.joined(other) },
		OnParticipantDisconnected: func(other *lksdk.RemoteParticipant) {
			heard.roomLeft(other.Identity())
		},
		ParticipantCallback: lksdk.ParticipantCallback{
			OnAttributesChanged: func(_ map[string]string, of lksdk.Participant) { p.changed(of) },
			OnDataPacket: func(data lksdk.DataPacket, params lksdk.DataReceiveParams) {
				if sent, ok := data.(*lksdk.UserDataPacket); ok {
					heard.roomData(params.SenderIdentity, sent.Topic, sent.Payload)
				}
			},
			OnTrackPublished: func(published *lksdk.RemoteTrackPublication, by *lksdk.RemoteParticipant) {
				p.subscribe(published, by)
			},
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, by *lksdk.RemoteParticipant) {
				if track.Kind() == webrtc.RTPCodecTypeAudio {
					go p.pump(track, by.Identity())
				}
			},
		},
	})
	reports, err := roomReports()
	if err != nil {
		return nil, err
	}
	err = p.room.JoinWithContextAndToken(ctx, spec.URL, spec.Token,
		lksdk.WithAutoSubscribe(false), lksdk.WithDisableTURN(), lksdk.WithDisableRegionDiscovery(),
		lksdk.WithInterceptors(reports), lksdk.WithConnectTimeout(joinWithin),
	)
	if err != nil {
		return nil, errors.New("the room could not be joined; see its URL and whether the token is for it")
	}
	for _, other := range p.room.GetRemoteParticipants() {
		p.joined(other)
	}
	p.subscribeAll()
	if err := p.publish(ctx, spec.Track, out); err != nil {
		p.room.Disconnect()
		return nil, err
	}
	return p, nil
}

// roomReports leaves out what forwarding Opus does not need: retransmission and bandwidth estimation.
func roomReports() ([]interceptor.Factory, error) {
	sender, err := report.NewSenderInterceptor(report.SenderInterval(reportEvery))
	if err != nil {
		return nil, err
	}
	receiver, err := report.NewReceiverInterceptor(report.ReceiverInterval(reportEvery))
	return []interceptor.Factory{sender, receiver}, err
}

func (p *participant) publish(ctx context.Context, name string, out *Stream) error {
	if name == "" {
		return nil
	}
	_, err := p.room.LocalParticipant.PublishTrack(out, &lksdk.TrackPublicationOptions{
		Name: name, Source: livekit.TrackSource_MICROPHONE, DisableDTX: true,
	})
	if err != nil {
		return errors.New("the room did not take the track")
	}
	// The server lists a track once it has seen a packet of it, and nobody can subscribe before.
	connection := p.room.LocalParticipant.GetPublisherPeerConnection()
	stands := time.NewTicker(2 * time.Millisecond)
	defer stands.Stop()
	for connection.ConnectionState() != webrtc.PeerConnectionStateConnected {
		select {
		case <-stands.C:
		case <-ctx.Done():
			return errors.New("no media path to the room came up; see its UDP ports and addresses")
		}
	}
	for range primings {
		out.Prime(time.Now())
		time.Sleep(primingEach)
	}
	return nil
}

func (p *participant) joined(other *lksdk.RemoteParticipant) {
	p.heard.roomJoined(other.Identity())
	p.changed(other)
}

// changed tells of the attributes of the one that we hear.
func (p *participant) changed(of lksdk.Participant) {
	if of.Identity() != p.spec.Hears {
		return
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	if attributes := of.Attributes(); len(attributes) > 0 {
		p.heard.roomAttributes(of.Identity(), attributes)
	}
}

func (p *participant) subscribe(published *lksdk.RemoteTrackPublication, by *lksdk.RemoteParticipant) {
	p.mu.Lock()
	wanted := p.hears[by.Identity()]
	p.mu.Unlock()
	if wanted && published.Kind() == lksdk.TrackKindAudio && !published.IsSubscribed() {
		_ = published.SetSubscribed(true)
	}
}

func (p *participant) subscribeAll() {
	for _, other := range p.room.GetRemoteParticipants() {
		for _, published := range other.TrackPublications() {
			if remote, ok := published.(*lksdk.RemoteTrackPublication); ok {
				p.subscribe(remote, other)
			}
		}
	}
}

func (p *participant) pump(track *webrtc.TrackRemote, identity string) {
	readPackets(track, func(header *rtp.Header, payload []byte, now time.Time) {
		p.heard.roomPacket(identity, header, payload, now)
	})
}

// Hear subscribes one more participant's audio, whenever that one comes.
func (p *participant) Hear(identity string) {
	p.mu.Lock()
	p.hears[identity] = true
	p.mu.Unlock()
	p.subscribeAll()
}

// Attributes sets attributes of our own participant.
func (p *participant) Attributes(attributes map[string]string) {
	p.room.LocalParticipant.SetAttributes(attributes)
}

// Participant returns the server's id of our own participant.
func (p *participant) Participant() string { return p.room.LocalParticipant.SID() }

// Leave leaves the room.
func (p *participant) Leave() { p.room.Disconnect() }
