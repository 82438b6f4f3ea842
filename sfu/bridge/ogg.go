package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

// maxClip bounds what is read into memory: four minutes of speech.
const maxClip = 1 << 20

// readClip returns the Opus packets of an Ogg file (RFC 7845), each of which must sound for 20 ms: they are
// sent as they are, one a tick.
func readClip(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxClip {
		return nil, fmt.Errorf("the file has %d bytes, more than %d", info.Size(), maxClip)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return clipFrames(data)
}

// sentClip reads a clip out of a request.
func sentClip(body io.Reader) ([][]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxClip+1))
	if err != nil {
		return nil, errors.New("it did not come whole")
	}
	if len(data) > maxClip {
		return nil, fmt.Errorf("it has more than %d bytes", maxClip)
	}
	return clipFrames(data)
}

func clipFrames(data []byte) ([][]byte, error) {
	packets, err := oggPackets(data)
	if err != nil {
		return nil, err
	}
	// the first two are OpusHead and OpusTags (RFC 7845, 3)
	if len(packets) < 3 || !bytes.HasPrefix(packets[0], []byte("OpusHead")) {
		return nil, errors.New("the file holds no Opus")
	}
	for at, packet := range packets[2:] {
		if ticks(packet) != frameTicks {
			return nil, fmt.Errorf("packet %d does not sound for 20 ms; encode with frames of 20 ms", at)
		}
	}
	return packets[2:], nil
}

// oggPackets takes pages apart (RFC 3533, 6): a packet ends with the first segment shorter than 255 bytes and may
// go on over pages.
func oggPackets(data []byte) ([][]byte, error) {
	var packets [][]byte
	var open []byte
	for len(data) > 0 {
		if len(data) < 27 || !bytes.HasPrefix(data, []byte("OggS")) {
			return nil, errors.New("the file is no Ogg, or was cut off")
		}
		segments := int(data[26])
		if len(data) < 27+segments {
			return nil, errors.New("the file was cut off")
		}
		lacing, body := data[27:27+segments], data[27+segments:]
		for _, length := range lacing {
			if len(body) < int(length) {
				return nil, errors.New("the file was cut off")
			}
			open = append(open, body[:length]...)
			body = body[length:]
			if length < 255 {
				packets = append(packets, open)
				open = nil
			}
		}
		data = body
	}
	return packets, nil
}

// Recorder writes the packets of one direction into an Ogg file, as they are. Where none came, silence is written, so
// that two recorders that began together stay together.
type Recorder struct {
	file    io.Closer
	ogg     *oggwriter.OggWriter
	began   time.Time
	written uint32
	seq     uint16
}

// behind is how much may be missing before silence is put in its place: less is jitter.
const behind = 5 * frameTicks

// NewRecorder makes a file that nobody else may read.
func NewRecorder(path string, now time.Time) (*Recorder, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	ogg, err := oggwriter.NewWith(file, clockRate, 2)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Recorder{file: file, ogg: ogg, began: now}, nil
}

// Write adds a packet that left at `now`.
func (r *Recorder) Write(payload []byte, now time.Time) {
	due := uint32(now.Sub(r.began) * clockRate / time.Second)
	if int32(due-r.written) > behind {
		// the packet itself fills the last of it
		for int32(due-r.written) > frameTicks {
			r.add(silence)
		}
	}
	r.add(payload)
}

func (r *Recorder) add(payload []byte) {
	// what the disk refuses is missing in the recording, and nowhere else
	_ = r.ogg.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: r.seq, Timestamp: r.written},
		Payload: payload,
	})
	r.seq++
	r.written += ticks(payload)
}

// Close ends the file, with silence up to `now`.
func (r *Recorder) Close(now time.Time) error {
	due := uint32(now.Sub(r.began) * clockRate / time.Second)
	for int32(due-r.written) >= frameTicks {
		r.add(silence)
	}
	err := r.ogg.Close()
	if closed := r.file.Close(); !errors.Is(closed, os.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}
