package main

import "github.com/pion/webrtc/v4"

// writer is a connection that a stream was given.
type writer struct {
	out  webrtc.TrackLocalWriter
	pt   uint8
	ssrc uint32
	born int
}

// ID implements webrtc.TrackLocal.
func (s *Stream) ID() string { return s.id }

// RID implements webrtc.TrackLocal.
func (s *Stream) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (s *Stream) StreamID() string { return s.label }

// Kind implements webrtc.TrackLocal.
func (s *Stream) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// Bind gives the stream a connection. The first one is used at once, others when `Use` says so: a new connection cannot send
// before it stands.
func (s *Stream) Bind(to webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, codec := range to.CodecParameters() {
		if codec.MimeType == webrtc.MimeTypeOpus {
			s.born++
			s.writers[to.ID()] = writer{
				out: to.WriteStream(), pt: uint8(codec.PayloadType), ssrc: uint32(to.SSRC()), born: s.born,
			}
			if _, there := s.writers[s.current]; !there {
				s.current = to.ID()
			}
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind takes a connection away.
func (s *Stream) Unbind(from webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.writers, from.ID())
	if s.current == from.ID() {
		s.current = s.newest()
	}
	return nil
}

// UseNewest moves the stream to the connection that was bound last: it stands now.
func (s *Stream) UseNewest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = s.newest()
}

func (s *Stream) newest() string {
	newest, born := "", 0
	for id, one := range s.writers {
		if one.born > born {
			newest, born = id, one.born
		}
	}
	return newest
}
