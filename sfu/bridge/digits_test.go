package main

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// press returns the packets of one press, each 50 ms: three at its end (RFC 4733, 2.5.1.4).
func press(event byte, timestamp uint32) []rtp.Packet {
	var packets []rtp.Packet
	for step := range 6 {
		payload := []byte{event, 10, 0, 0}
		binary.BigEndian.PutUint16(payload[2:], uint16(min(step+1, 4)*400))
		if step >= 3 {
			payload[1] |= 0x80
		}
		packets = append(packets, rtp.Packet{Header: rtp.Header{Timestamp: timestamp}, Payload: payload})
	}
	return packets
}

func TestAPressIsToldOnceWhateverIsLost(t *testing.T) {
	for lost := range 1 << 6 {
		digits, now := NewDigits(8000), time.Unix(1, 0)
		var told []key
		for at, packet := range press(11, 1<<32-100) {
			now = now.Add(50 * time.Millisecond)
			if lost&(1<<at) == 0 {
				told = append(told, digits.Take(&packet.Header, packet.Payload, now)...)
			}
		}
		told = append(told, digits.Expire(now.Add(time.Second))...)
		told = append(told, digits.Expire(now.Add(2*time.Second))...)
		want := 1
		if lost == 1<<6-1 {
			want = 0
		}
		if len(told) != want || (want == 1 && told[0].Key != "#") {
			t.Fatalf("lost %06b: %v", lost, told)
		}
	}
}

func TestPressesInARowAreToldApart(t *testing.T) {
	digits, now := NewDigits(8000), time.Unix(1, 0)
	var told string
	for at, event := range []byte{1, 1, 0, 10} {
		for _, packet := range press(event, uint32(at)*4000) {
			for _, one := range digits.Take(&packet.Header, packet.Payload, now) {
				told += one.Key
				if one.DurationMs != 200 {
					t.Fatal(one.DurationMs)
				}
			}
		}
	}
	if told != "110*" {
		t.Fatal(told)
	}
}

func TestOtherEventsAndNonsenseAreNoKeys(t *testing.T) {
	digits := NewDigits(8000)
	for _, payload := range [][]byte{nil, {1}, {16, 0x80, 0, 1}, {255, 0x80, 0, 1}} {
		if told := digits.Take(&rtp.Header{}, payload, time.Unix(1, 0)); told != nil {
			t.Fatal(payload, told)
		}
	}
}
