package main

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// key is a key that was pressed on a telephone.
type key struct {
	Key        string `json:"key"`
	DurationMs int    `json:"duration_ms"`
}

const keys = "0123456789*#ABCD"

// Digits reads telephone events (RFC 4733, 2.3). A press is many packets of one timestamp, the last of them thrice; it is told once, when
// it ends, or when nothing more comes of it should its end have been lost.
//
// A peer that changes its source in mid-call is read by two goroutines.
type Digits struct {
	mu        sync.Mutex
	open      bool
	told      bool
	timestamp uint32
	pressed   key
	rate      uint32
	last      time.Time
}

// a press sends at least every 50 ms while it lasts (RFC 4733, 2.5.1.2)
const pressOver = 300 * time.Millisecond

// NewDigits reads events of a clock rate, as the SDP's rtpmap says.
func NewDigits(rate uint32) *Digits { return &Digits{rate: max(rate, 1)} }

// Take reads one packet, and returns the presses that are complete with it.
func (d *Digits) Take(header *rtp.Header, payload []byte, now time.Time) []key {
	if len(payload) < 4 || int(payload[0]) >= len(keys) {
		return nil // a flash, a tone, or nothing
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var done []key
	if d.open && header.Timestamp != d.timestamp {
		if int32(header.Timestamp-d.timestamp) < 0 {
			return nil // late, of a press that is over
		}
		done = d.finish(done)
		d.open = false
	}
	if !d.open {
		d.open, d.told, d.timestamp = true, false, header.Timestamp
	}
	d.last = now
	d.pressed = key{
		Key:        keys[payload[0] : payload[0]+1],
		DurationMs: int(uint32(binary.BigEndian.Uint16(payload[2:4])) * 1000 / d.rate),
	}
	if payload[1]&0x80 != 0 {
		done = d.finish(done)
	}
	return done
}

// Expire returns the press whose end was lost, once.
func (d *Digits) Expire(now time.Time) []key {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open || d.told || now.Sub(d.last) < pressOver {
		return nil
	}
	return d.finish(nil)
}

func (d *Digits) finish(done []key) []key {
	if d.told {
		return done
	}
	d.told = true
	return append(done, d.pressed)
}
