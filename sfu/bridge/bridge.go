package main

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// Bridge is one process's legs.
type Bridge struct {
	network Network
	join    Join
	events  *Events
	max     int
	// another one after each start: the numbers of events begin anew
	instance string

	mu       sync.Mutex
	legs     map[string]*Leg
	past     sums              // of the legs that have ended
	shown    map[string]uint64 // what counters have been at most
	draining bool
	empty    chan struct{} // closed when draining and nothing is left
}

var (
	errFull     = errors.New("the bridge holds as many legs as it may")
	errDraining = errors.New("the bridge takes no new legs: it is about to stop")
	errTaken    = errors.New("there is a leg of this id already")
)

// NewBridge makes a bridge that holds at most `most` legs.
func NewBridge(network Network, join Join, most int) *Bridge {
	return &Bridge{
		network: network, join: join, events: NewEvents(), max: most, instance: rand.Text(),
		legs: map[string]*Leg{}, shown: map[string]uint64{}, empty: make(chan struct{}),
	}
}

// Make makes a leg, and returns it with the description for its peer.
func (b *Bridge) Make(ctx context.Context, spec Spec) (*Leg, string, error) {
	if err := b.admit(spec.ID); err != nil {
		return nil, "", err
	}
	leg, description, err := StartLeg(ctx, spec, b.network, b.join, b.events, b.forget)
	b.mu.Lock()
	if err == nil {
		b.legs[spec.ID] = leg
	} else {
		delete(b.legs, spec.ID)
	}
	b.mu.Unlock()
	if err != nil {
		b.checkEmpty()
		return nil, "", err
	}
	if leg.isClosed() { // it was faster than we
		b.forget(leg)
	}
	return leg, description, nil
}

// admit keeps a place; the id stands for it until the leg does.
func (b *Bridge) admit(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining {
		return errDraining
	}
	if _, there := b.legs[id]; there {
		return errTaken
	}
	if len(b.legs) >= b.max {
		return errFull
	}
	b.legs[id] = nil
	return nil
}

// Find returns a leg, nil if there is none of this id.
func (b *Bridge) Find(id string) *Leg {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.legs[id]
}

// All returns the legs that there are.
func (b *Bridge) All() []*Leg {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*Leg, 0, len(b.legs))
	for _, leg := range b.legs {
		if leg != nil {
			all = append(all, leg)
		}
	}
	return all
}

func (b *Bridge) forget(leg *Leg) {
	b.mu.Lock()
	if b.legs[leg.spec.ID] == leg {
		delete(b.legs, leg.spec.ID)
		b.past.add(leg.Status())
	}
	b.mu.Unlock()
	b.checkEmpty()
}

func (b *Bridge) checkEmpty() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining && len(b.legs) == 0 {
		select {
		case <-b.empty:
		default:
			close(b.empty)
		}
	}
}

// Run gives every leg its 20 ms until the context ends.
func (b *Bridge) Run(ctx context.Context) {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, leg := range b.All() {
				leg.Tick(now)
			}
		}
	}
}

// Drain takes no new legs, waits until the last one has ended or the context does, and ends what is left.
func (b *Bridge) Drain(ctx context.Context) {
	b.mu.Lock()
	b.draining = true
	b.mu.Unlock()
	b.checkEmpty()
	select {
	case <-b.empty:
	case <-ctx.Done():
	}
	for _, leg := range b.All() {
		leg.Close("the bridge was stopped")
	}
	b.events.Close()
}

// Health is what a client needs to choose between bridges.
type Health struct {
	Instance string `json:"instance"`
	Legs     int    `json:"legs"`
	Max      int    `json:"max"`
	Draining bool   `json:"draining"`
}

// Health returns how full the bridge is.
func (b *Bridge) Health() Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Health{Instance: b.instance, Legs: len(b.legs), Max: b.max, Draining: b.draining}
}
