package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

const (
	// a minute; what comes later is not kept
	maxCaptured = 3000
	// a packet of silence has a few bytes, and less than this part of what speech has
	quietBytes, quietPart = 12, 4
	// what speech begins and ends with is softer than it is
	softFrames = 2
)

// Capture keeps what leaves by a stream, in memory, to be played again.
type Capture struct {
	packets [][]byte
}

// Take adds a packet.
func (c *Capture) Take(payload []byte) {
	if len(c.packets) < maxCaptured {
		c.packets = append(c.packets, slices.Clone(payload))
	}
}

// Clip returns what was said as an Ogg Opus file, without the silence before and behind it.
func (c *Capture) Clip() ([]byte, error) {
	spoken := trimmed(c.packets)
	if len(spoken) == 0 {
		return nil, errors.New("nothing was said")
	}
	var file bytes.Buffer
	ogg, err := oggwriter.NewWith(&file, clockRate, 2)
	if err != nil {
		return nil, err
	}
	for at, payload := range spoken {
		if ticks(payload) != frameTicks {
			return nil, fmt.Errorf("packet %d does not sound for 20 ms", at)
		}
		// the writer reckons positions from the timestamps
		header := rtp.Header{Version: 2, SequenceNumber: uint16(at), Timestamp: uint32(at) * frameTicks}
		if err := ogg.WriteRTP(&rtp.Packet{Header: header, Payload: payload}); err != nil {
			return nil, err
		}
	}
	if err := ogg.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// trimmed leaves silence out at both ends, by the size of packets: nobody decodes here.
func trimmed(packets [][]byte) [][]byte {
	var sizes []int
	for _, payload := range packets {
		if len(payload) > quietBytes {
			sizes = append(sizes, len(payload))
		}
	}
	if len(sizes) == 0 {
		return nil
	}
	slices.Sort(sizes)
	bound := max(quietBytes, sizes[len(sizes)/2]/quietPart)
	first := slices.IndexFunc(packets, func(payload []byte) bool { return len(payload) > bound })
	last := len(packets) - 1
	for len(packets[last]) <= bound {
		last--
	}
	return packets[max(0, first-softFrames):min(len(packets), last+1+softFrames)]
}

// Capture begins to keep what leaves to a side; what was kept before is forgotten.
func (l *Leg) Capture(to side) { l.streams[to].Capture(&Capture{}) }

// Captured ends it, and returns what was said.
func (l *Leg) Captured(to side) ([]byte, error) {
	captured := l.streams[to].Capture(nil)
	if captured == nil {
		return nil, errors.New("nothing is being captured")
	}
	return captured.Clip()
}
