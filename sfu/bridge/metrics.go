package main

import (
	"fmt"
	"io"
)

// WriteMetrics writes Prometheus' text format. What legs that have ended did is kept in the sums.
func (b *Bridge) WriteMetrics(w io.Writer) {
	health := b.Health()
	b.mu.Lock()
	sums := b.past
	b.mu.Unlock()
	for _, leg := range b.All() {
		sums.add(leg.Status())
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
			fmt.Fprintf(w, "%s{side=%q} %d\n", name, end, of(end))
		}
	}
	counter("wacall_bridge_received_packets_total", "RTP packets that came from a side.",
		func(end side) uint64 { return sums.received[end].Packets })
	counter("wacall_bridge_lost_packets_total", "RTP packets of a side that never came.",
		func(end side) uint64 { return sums.received[end].Lost })
	counter("wacall_bridge_sent_packets_total", "RTP packets sent to a side.",
		func(end side) uint64 { return sums.sent[end].Sent })
	counter("wacall_bridge_filled_packets_total", "Of them, silence that we put in.",
		func(end side) uint64 { return sums.sent[end].Filled })
	counter("wacall_bridge_gaps_total", "Pauses of over 60 ms in what was sent to a side.",
		func(end side) uint64 { return sums.sent[end].Gaps })
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
		received[end] = SourceCounts{Packets: c.Packets + d.Packets, Lost: c.Lost + d.Lost}
	}
	// new maps: a copy of the sums may be read elsewhere
	s.sent, s.received = sent, received
}
