package main

import (
	"bytes"
	"time"
)

// Opus in RTP counts in 48 kHz ticks whatever was sampled (RFC 7587, 4.1).
const (
	clockRate  = 48000
	frame      = 20 * time.Millisecond
	frameTicks = 960
)

// silence is one 20 ms frame of nothing: CELT, fullband, mono, one frame (RFC 6716, 3.1), decoded as
// zeros by every decoder and as small as a frame gets without being taken for DTX.
var silence = []byte{0xf8, 0xff, 0xfe}

// isSpeechless says whether a payload can carry no sound: DTX sends one or two bytes (RFC 6716, 3.1:
// a packet of a TOC byte alone is a lost frame), an encoder that is fed with zeros three.
func isSpeechless(payload []byte) bool {
	return len(payload) <= len(silence)
}

// isFiller says whether a packet is an SFU's own silence: LiveKit sends it, padded with zeros to 80 bytes, to whoever subscribes to a track
// before its publisher has sent anything (sendSilentFrameOnMuteForAudio of its pkg/sfu, 1.13). It says nothing of the publisher.
func isFiller(payload []byte) bool {
	if len(payload) <= len(silence) || !bytes.HasPrefix(payload, silence) {
		return false
	}
	for _, one := range payload[len(silence):] {
		if one != 0 {
			return false
		}
	}
	return true
}

// ticks returns how long a payload sounds, read from its first bytes (RFC 6716, 3.1 and 3.2); a frame's
// length if they cannot be true.
func ticks(payload []byte) uint32 {
	if len(payload) == 0 {
		return 0
	}
	config := payload[0] >> 3
	var each uint32
	switch {
	case config < 12: // SILK
		each = []uint32{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid
		each = []uint32{480, 960}[config&1]
	default: // CELT
		each = []uint32{120, 240, 480, 960}[config&3]
	}
	count := uint32(1)
	switch payload[0] & 3 {
	case 1, 2:
		count = 2
	case 3:
		if len(payload) < 2 {
			return frameTicks
		}
		count = uint32(payload[1] & 0x3f)
	}
	// more than 120 ms is not Opus
	if total := each * count; total > 0 && total <= 6*frameTicks {
		return total
	}
	return frameTicks
}
