package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"
)

const (
	frameTime  = 20 * time.Millisecond
	frameTicks = 960
	// loudBytes: voiced Opus at 20 kbit/s takes 40 bytes and more for 20 ms, silence a handful.
	loudBytes = 24
	loudRMS   = 300
	// of what OpenAI's WebSocket carries
	sampleRate   = 24_000
	frameSamples = sampleRate / 50
)

// silence is 20 ms of it in Opus (RFC 6716, 3.1: one CELT frame, nothing in it).
var silence = []byte{0xf8, 0xff, 0xfe}

// Sound is what everybody says, voiced from its first packet to its last.
type Sound struct {
	frames  [][]byte
	samples []byte
}

// ReadSound reads both forms of it.
func ReadSound(frames, samples string) (*Sound, error) {
	packed, err := os.ReadFile(frames)
	if err != nil {
		return nil, err
	}
	sound := &Sound{}
	for len(packed) >= 2 {
		length := int(binary.BigEndian.Uint16(packed))
		if len(packed) < 2+length {
			return nil, fmt.Errorf("%s ends within a packet", frames)
		}
		sound.frames, packed = append(sound.frames, packed[2:2+length]), packed[2+length:]
	}
	if len(sound.frames) == 0 {
		return nil, fmt.Errorf("%s has no packet", frames)
	}
	sound.samples, err = os.ReadFile(samples)
	return sound, err
}

// isLoud tells a voiced Opus packet from a silent one, by its size: nothing here decodes.
func isLoud(payload []byte) bool {
	// LiveKit's own silence is padded to 80 bytes
	isSilence := len(payload) >= len(silence) && payload[0] == silence[0] && payload[1] == silence[1] && payload[2] == silence[2]
	return len(payload) > loudBytes && !isSilence
}

// isLoudPCM tells whether 16-bit samples are voiced.
func isLoudPCM(samples []byte) bool {
	var sum float64
	for at := 0; at+1 < len(samples); at += 2 {
		value := float64(int16(binary.LittleEndian.Uint16(samples[at:])))
		sum += value * value
	}
	return math.Sqrt(2*sum/float64(len(samples))) > loudRMS
}
