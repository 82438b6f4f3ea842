package main

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Source counts what comes in from one side (RFC 3550, A.3 and A.8).
type Source struct {
	mu       sync.Mutex
	counts   SourceCounts
	started  bool
	heard    bool // since somebody was expected last
	ssrc     uint32
	highest  uint32 // extended sequence number
	first    uint32
	received uint64 // of this SSRC
	lostOld  uint64 // of SSRCs before
	transit  int64
	jitter   float64
	at       time.Time
}

// SourceCounts is what one side has sent us.
type SourceCounts struct {
	Packets  uint64  `json:"packets"`
	Lost     uint64  `json:"lost"`
	Gaps     uint64  `json:"gaps"`
	JitterMs float64 `json:"jitter_ms"`
	LongMs   int64   `json:"longest_gap_ms"`
}

// Expect lets the next packet be a first one again.
func (s *Source) Expect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = false
}

// Take counts a packet; true for the first one of whoever is expected.
func (s *Source) Take(header *rtp.Header, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.heard
	s.heard = true
	s.counts.Packets++
	if !s.at.IsZero() {
		if gap := now.Sub(s.at); gap > gapHeard {
			s.counts.Gaps++
			s.counts.LongMs = max(s.counts.LongMs, gap.Milliseconds())
		}
	}
	s.at = now
	transit := now.UnixMicro()*clockRate/1e6 - int64(header.Timestamp)
	if !s.started || header.SSRC != s.ssrc {
		s.lostOld += s.missing()
		s.started, s.ssrc, s.received = true, header.SSRC, 1
		s.highest, s.first = uint32(header.SequenceNumber), uint32(header.SequenceNumber)
		s.transit = transit
		return first
	}
	s.received++
	if ahead := int16(header.SequenceNumber - uint16(s.highest)); ahead > 0 {
		s.highest += uint32(ahead)
	}
	// a timestamp that wrapped or jumped says nothing of jitter
	if d := abs(transit - s.transit); d < clockRate {
		s.jitter += (float64(d) - s.jitter) / 16
	}
	s.transit = transit
	return first
}

// Pass sees a packet that carries no sound, such as a pressed key: its number is not missing, and nothing was silent meanwhile. Such packets
// keep one timestamp (RFC 4733, 2.2.1), which says nothing of jitter.
func (s *Source) Pass(header *rtp.Header, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || header.SSRC != s.ssrc {
		return
	}
	s.at = now
	s.received++
	if ahead := int16(header.SequenceNumber - uint16(s.highest)); ahead > 0 {
		s.highest += uint32(ahead)
	}
}

// Counts returns what has come so far.
func (s *Source) Counts() SourceCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Lost = s.lostOld + s.missing()
	counts.JitterMs = s.jitter * 1000 / clockRate
	return counts
}

func (s *Source) missing() uint64 {
	if !s.started {
		return 0
	}
	expected := uint64(s.highest-s.first) + 1
	if expected <= s.received {
		return 0
	}
	return expected - s.received
}

func abs(value int64) int64 {
	if value < 0 {
		return -value
	}
	return value
}
