package main

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const largestPacket = 1500

// readPackets hands over what comes on a track until it ends. Header and payload are valid until the function returns.
func readPackets(track *webrtc.TrackRemote, take func(header *rtp.Header, payload []byte, now time.Time)) {
	buffer := make([]byte, largestPacket)
	var header rtp.Header
	for {
		count, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		now := time.Now()
		if payload, ok := unpack(&header, buffer[:count]); ok {
			take(&header, payload, now)
		}
	}
}

// unpack reads a header, and returns what is behind it without padding.
func unpack(header *rtp.Header, packet []byte) ([]byte, bool) {
	*header = rtp.Header{}
	length, err := header.Unmarshal(packet)
	if err != nil {
		return nil, false
	}
	payload := packet[length:]
	if header.Padding && len(payload) > 0 {
		payload = payload[:max(0, len(payload)-int(payload[len(payload)-1]))]
	}
	return payload, true
}
