// Command bridge joins WebRTC peers to LiveKit participants: Opus comes in on one side and leaves on the other as it is.
//
// It is configured by environment variables, controlled over HTTP, and knows nothing of whom it joins.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Config is what the environment says.
type Config struct {
	Listen     string // host:port, or unix:/path
	Token      string
	MaxLegs    int
	DrainS     float64
	Clips      string
	Recordings string
	Network    Network
}

// readConfig reads variables by `get`. Its errors name the variable.
func readConfig(get func(string) string) (Config, error) {
	or := func(name, otherwise string) string {
		if value := strings.TrimSpace(get(name)); value != "" {
			return value
		}
		return otherwise
	}
	config := Config{
		Listen: or("BRIDGE_LISTEN", "127.0.0.1:7890"), Token: or("BRIDGE_TOKEN", ""),
		Clips: or("BRIDGE_CLIPS", ""), Recordings: or("BRIDGE_RECORDINGS", ""),
	}
	var err error
	if config.MaxLegs, err = strconv.Atoi(or("BRIDGE_MAX_LEGS", "100")); err != nil || config.MaxLegs < 1 {
		return config, errors.New("BRIDGE_MAX_LEGS has to be a number of legs, 1 or more")
	}
	if config.DrainS, err = strconv.ParseFloat(or("BRIDGE_DRAIN_S", "600"), 64); err != nil || config.DrainS < 0 {
		return config, errors.New("BRIDGE_DRAIN_S has to be a number of seconds")
	}
	if ports := or("BRIDGE_UDP_PORTS", ""); ports != "" {
		low, high, _ := strings.Cut(ports, "-")
		from, err1 := strconv.ParseUint(low, 10, 16)
		to, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || from == 0 || to < from {
			return config, errors.New("BRIDGE_UDP_PORTS has to be a range such as 40000-40999")
		}
		config.Network.PortMin, config.Network.PortMax = uint16(from), uint16(to)
	}
	if config.Network.Advertised = or("BRIDGE_ADVERTISED_IP", ""); config.Network.Advertised != "" {
		if _, err := netip.ParseAddr(config.Network.Advertised); err != nil {
			return config, errors.New("BRIDGE_ADVERTISED_IP has to be an IP address")
		}
	}
	switch or("BRIDGE_LOOPBACK", "0") {
	case "0":
	case "1":
		config.Network.Loopback = true
	default:
		return config, errors.New("BRIDGE_LOOPBACK has to be 0 or 1")
	}
	if config.Token == "" && !private(config.Listen) {
		return config, errors.New("BRIDGE_TOKEN has to be set where BRIDGE_LISTEN is neither loopback nor a Unix socket")
	}
	return config, nil
}

// private says whether nobody from outside the machine can reach an address.
func private(listen string) bool {
	if strings.HasPrefix(listen, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	config, err := readConfig(os.Getenv)
	if err == nil {
		err = run(config, log)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bridge: %v.\n", err)
		os.Exit(1)
	}
}

func run(config Config, log *slog.Logger) error {
	listener, err := listen(config.Listen)
	if err != nil {
		return fmt.Errorf("BRIDGE_LISTEN cannot be listened on (%w)", err)
	}
	bridge := NewBridge(config.Network, joinLiveKit, config.MaxLegs)
	control := &Control{
		bridge: bridge, token: config.Token, clips: config.Clips, recordings: config.Recordings, log: log,
	}
	server := &http.Server{Handler: control.Handler(), ReadHeaderTimeout: readWithin}
	signals, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ticking, halt := context.WithCancel(context.Background())
	defer halt()
	go bridge.Run(ticking)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	log.Info("The bridge listens.", "action", "bridge-listening", "address", listener.Addr().String())
	select {
	case err := <-served:
		return err
	case <-signals.Done():
	}
	// a second signal ends it at once
	stop()
	log.Info("The bridge drains.", "action", "bridge-draining", "legs", bridge.Health().Legs)
	draining, done := context.WithTimeout(context.Background(), time.Duration(config.DrainS*float64(time.Second)))
	defer done()
	bridge.Drain(draining)
	closing, done := context.WithTimeout(context.Background(), readWithin)
	defer done()
	return server.Shutdown(closing)
}

func listen(address string) (net.Listener, error) {
	path, isSocket := strings.CutPrefix(address, "unix:")
	if !isSocket {
		return net.Listen("tcp", address)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// what a process that was killed has left
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}
