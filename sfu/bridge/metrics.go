package main

import (
	"fmt"
	"io"
)

// WriteMetrics writes Prometheus' text format. What legs that have ended did is kept in the sums.
func (b *Bridge) WriteMetrics(w io.Writer) {
	health := b.Health()
	sums, legs := b.soFar()
	jitter := map[side]float64{}
	var far FarReport
	for _, leg := range legs {
		status := leg.Status()
		sums.add(status)
		for end, counts := range status.Received {
			jitter[end] = max(jitter[end], counts.JitterMs)
		}
		// negative where packets came twice (RFC 3550, 6.4.1)
		far.Lost += max(0, status.Far.Lost)
		far.JitterMs = max(far.JitterMs, status.Far.JitterMs)
		far.RoundTripMs = max(far.RoundTripMs, status.Far.RoundTripMs)
	}
	gauge := func(name, help string, value any) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %v\n", name, help, name, name, value)
	}
	gauge("wacall_bridge_legs", "Legs that there are.", health.Legs)
	gauge("wacall_bridge_legs_max", "Legs that there may be.", health.Max)
	draining := 0
	if health.Draining {
		draining = 1
	}
	gauge("wacall_bridge_draining", "1 while no new legs are taken.", draining)
	counter := func(name, help string, of func(side) uint64) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
		for _, end := range []side{sideRoom, sidePeer} {
			fmt.Fprintf(w, "%s{side=%q} %d\n", name, end, b.grown(name, end, of(end)))
		}
	}
	counter("wacall_bridge_received_packets_total", "RTP packets that came from a side.",
		func(end side) uint64 { return sums.received[end].Packets })
	counter("wacall_bridge_lost_packets_total", "RTP packets of a side that never came.",
		func(end side) uint64 { return sums.received[end].Lost })
	counter("wacall_bridge_received_gaps_total", "Pauses of over 60 ms in what came from a side; of the peer its silence as well.",
		func(end side) uint64 { return sums.received[end].Gaps })
	counter("wacall_bridge_sent_packets_total", "RTP packets sent to a side.",
		func(end side) uint64 { return sums.sent[end].Sent })
	counter("wacall_bridge_filled_packets_total", "Of them, silence that we put in.",
		func(end side) uint64 { return sums.sent[end].Filled })
	counter("wacall_bridge_gaps_total", "Pauses of over 60 ms in what was sent to a side.",
		func(end side) uint64 { return sums.sent[end].Gaps })
	fmt.Fprint(w, "# HELP wacall_bridge_jitter_seconds The worst jitter of what comes from a side, of the legs that there are.\n",
		"# TYPE wacall_bridge_jitter_seconds gauge\n")
	for _, end := range []side{sideRoom, sidePeer} {
		fmt.Fprintf(w, "wacall_bridge_jitter_seconds{side=%q} %g\n", end, jitter[end]/1000)
	}
	gauge("wacall_bridge_far_jitter_seconds", "The worst jitter that a peer tells of our packets.", far.JitterMs/1000)
	gauge("wacall_bridge_far_round_trip_seconds", "The longest way to a peer and back.", far.RoundTripMs/1000)
	gauge("wacall_bridge_far_lost_packets", "Packets that the peers of the legs that there are did not get, as they tell.", far.Lost)
}

// soFar returns what legs that have ended did, and the others: at one moment, lest one that ends meanwhile is in neither.
func (b *Bridge) soFar() (sums, []*Leg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	legs := make([]*Leg, 0, len(b.legs))
	for _, leg := range b.legs {
		if leg != nil {
			legs = append(legs, leg)
		}
	}
	return b.past, legs
}

// grown returns the most that a counter has been. A packet that comes late was counted as lost, and is not any more; but a counter that
// falls has begun anew, to Prometheus, and all of it counts once more.
func (b *Bridge) grown(name string, end side, now uint64) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := name + string(end)
	b.shown[key] = max(b.shown[key], now)
	return b.shown[key]
}

// sums is what many legs did.
type sums struct {
	sent     map[side]StreamCounts
	received map[side]SourceCounts
}

func (s *sums) add(status Status) {
	sent, received := map[side]StreamCounts{}, map[side]SourceCounts{}
	for _, end := range []side{sideRoom, sidePeer} {
		a, b := s.sent[end], status.Sent[end]
		sent[end] = StreamCounts{Sent: a.Sent + b.Sent, Filled: a.Filled + b.Filled, Gaps: a.Gaps + b.Gaps}
		c, d := s.received[end], status.Received[end]
		received[end] = SourceCounts{Packets: c.Packets + d.Packets, Lost: c.Lost + d.Lost, Gaps: c.Gaps + d.Gaps}
	}
	// new maps: a copy of the sums may be read elsewhere
	s.sent, s.received = sent, received
}
