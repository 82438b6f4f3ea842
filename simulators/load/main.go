// Command load is both far ends of many calls at once: phones behind Meta's relay, and OpenAI's Realtime API.
//
// It measures what a person at the phone would notice, and costs so little that what a benchmark shows is the stack's own. It judges nothing:
// the strict simulators, in Python, do that.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const headersWithin = 5 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to serve; port 0 takes a free one")
	frames := flag.String("frames", "", "what everybody says: Opus packets of 20 ms, each after its length in two bytes")
	samples := flag.String("samples", "", "the same as 24 kHz mono 16-bit little-endian samples, for clients without WebRTC")
	flag.Parse()
	sound, err := ReadSound(*frames, *samples)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Handler: routes(sound), ReadHeaderTimeout: headersWithin}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{"kind": "ready", "url": fmt.Sprintf("http://%s", listener.Addr())})
	if err := server.Serve(listener); ctx.Err() == nil {
		log.Fatal(err)
	}
}

func routes(sound *Sound) http.Handler {
	mux := http.NewServeMux()
	NewPhones(sound).addRoutes(mux)
	NewOpenAI(sound).addRoutes(mux)
	return mux
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	answerJSON(w, status, map[string]any{"error": map[string]any{"type": "invalid_request_error", "code": code, "message": message}})
}
