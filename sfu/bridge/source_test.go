package main

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestLossIsCountedOverTheEndOfTheNumbers(t *testing.T) {
	source, now := &Source{}, time.Unix(1, 0)
	for at := range 100 {
		now = now.Add(frame)
		if at%10 == 5 {
			continue
		}
		header := rtp.Header{SSRC: 1, SequenceNumber: uint16(65500 + at), Timestamp: uint32(at) * frameTicks}
		if first := source.Take(&header, now); first != (at == 0) {
			t.Fatal(at)
		}
	}
	counts := source.Counts()
	if counts.Packets != 90 || counts.Lost != 10 || counts.JitterMs > 0.1 || counts.LongMs != 0 {
		t.Fatal(counts)
	}
}

func TestALatePacketIsNotLost(t *testing.T) {
	source, now := &Source{}, time.Unix(1, 0)
	for _, seq := range []uint16{1, 3, 2, 4} {
		source.Take(&rtp.Header{SequenceNumber: seq, Timestamp: uint32(seq) * frameTicks}, now)
	}
	if counts := source.Counts(); counts.Lost != 0 {
		t.Fatal(counts)
	}
}

func TestANewStreamOfASourceKeepsWhatTheOldOneLost(t *testing.T) {
	source, now := &Source{}, time.Unix(1, 0)
	for _, header := range []rtp.Header{
		{SSRC: 1, SequenceNumber: 1}, {SSRC: 1, SequenceNumber: 3}, {SSRC: 2, SequenceNumber: 900}, {SSRC: 2, SequenceNumber: 902},
	} {
		source.Take(&header, now)
	}
	if counts := source.Counts(); counts.Lost != 2 || counts.Packets != 4 {
		t.Fatal(counts)
	}
}

func TestJitterAndPausesAreMeasured(t *testing.T) {
	source, now := &Source{}, time.Unix(1, 0)
	for at := range 200 {
		now = now.Add(frame + time.Duration(at%2*2-1)*10*time.Millisecond)
		if at == 100 {
			now = now.Add(200 * time.Millisecond)
		}
		source.Take(&rtp.Header{SequenceNumber: uint16(at), Timestamp: uint32(at) * frameTicks}, now)
	}
	counts := source.Counts()
	if counts.JitterMs < 5 || counts.JitterMs > 30 || counts.Gaps != 1 || counts.LongMs < 200 {
		t.Fatal(counts)
	}
}

func TestAPressedKeyIsNoLoss(t *testing.T) {
	source, now := &Source{}, time.Unix(1, 0)
	source.Pass(&rtp.Header{SequenceNumber: 7}, now) // before there is any sound
	for at := range 40 {
		now = now.Add(frame)
		header := rtp.Header{SSRC: 1, SequenceNumber: uint16(at), Timestamp: uint32(at) * frameTicks}
		if at >= 10 && at < 20 {
			header.Timestamp = 10 * frameTicks
			source.Pass(&header, now)
			continue
		}
		source.Take(&header, now)
	}
	source.Pass(&rtp.Header{SSRC: 2, SequenceNumber: 900}, now) // another stream's
	if counts := source.Counts(); counts.Lost != 0 || counts.Packets != 30 || counts.Gaps != 0 || counts.JitterMs > 0.1 {
		t.Fatal(counts)
	}
}
