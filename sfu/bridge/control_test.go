package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type client struct {
	t     *testing.T
	url   string
	token string
	mime  string
}

func serve(t *testing.T, control *Control) *client {
	t.Helper()
	if control.bridge == nil {
		control.bridge = NewBridge(loopback, (&stage{}).join, 10)
	}
	if control.log == nil {
		control.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	server := httptest.NewServer(control.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		for _, leg := range control.bridge.All() {
			leg.Close("the test is over")
		}
	})
	return &client{t: t, url: server.URL, token: control.token}
}

// do sends a request, and returns the status and the answer, or the error's code and sentence in it.
func (c *client) do(method, path, body string) (int, map[string]any) {
	c.t.Helper()
	request, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	must(c.t, err)
	request.Header.Set("Authorization", "bearer "+c.token)
	request.Header.Set("Content-Type", c.mime)
	response, err := http.DefaultClient.Do(request)
	must(c.t, err)
	defer response.Body.Close()
	var answer map[string]any
	must(c.t, json.NewDecoder(response.Body).Decode(&answer))
	return response.StatusCode, answer
}

const aLeg = `{"id": "one", "room": {"url": "ws://x", "token": "t", "track": "agent-audio", "hears": "caller"}, "peer": {"digits": true}}`

func TestALegIsMadeLookedAtAndEnded(t *testing.T) {
	c := serve(t, &Control{})
	status, answer := c.do("POST", "/legs", aLeg)
	if sdp, _ := answer["sdp"].(string); status != 201 || !strings.HasPrefix(sdp, "v=0") {
		t.Fatal(status, answer)
	}
	if status, answer = c.do("POST", "/legs", aLeg); status != 409 {
		t.Fatal(status, answer)
	}
	if status, answer = c.do("GET", "/legs", ""); status != 200 || len(answer["legs"].([]any)) != 1 {
		t.Fatal(status, answer)
	}
	if status, answer = c.do("POST", "/legs/one/renew", `{}`); status != 200 || answer["generation"] != 2.0 {
		t.Fatal(status, answer)
	}
	for path, body := range map[string]string{
		"gate": `{"stream": "room", "state": "held", "release_within_s": 5}`, "clear": `{"stream": "peer"}`, "source": `{"participant": "o"}`,
		"attributes": `{"lk.agent.state": "speaking"}`,
	} {
		if status, answer = c.do("POST", "/legs/one/"+path, body); status != 200 {
			t.Fatal(path, status, answer)
		}
	}
	if status, answer = c.do("DELETE", "/legs/one", ""); status != 200 || answer["id"] != "one" {
		t.Fatal(status, answer)
	}
	if status, answer = c.do("GET", "/legs/one", ""); status != 404 {
		t.Fatal(status, answer)
	}
}

func TestTheLinesOfALegSayWhatItIsFor(t *testing.T) {
	for label, said := range map[string]int{"0b0e3c1e-9a57": 2, "": 0} {
		var lines bytes.Buffer
		c := serve(t, &Control{log: slog.New(slog.NewJSONHandler(&lines, nil))})
		if status, answer := c.do("POST", "/legs?label="+label, aLeg); status != 201 {
			t.Fatal(status, answer)
		}
		c.do("DELETE", "/legs/one", "")
		if found := strings.Count(lines.String(), `"call":"0b0e3c1e-9a57"`); found != said {
			t.Fatal(label, lines.String())
		}
	}
}

func TestAMistakeIsAnsweredWithASentenceThatNamesIt(t *testing.T) {
	c := serve(t, &Control{})
	if status, answer := c.do("POST", "/legs", aLeg); status != 201 {
		t.Fatal(status, answer)
	}
	for _, one := range []struct{ path, body, named string }{
		{"/legs", ``, "JSON"},
		{"/legs", `[`, "JSON"},
		{"/legs", `{"id": 5}`, "`id`"},
		{"/legs", `{"id": "../x"}`, "`id`"},
		{"/legs?label=a%20b", aLeg, "`label`"},
		{"/legs", `{"id": "x", "colour": 1}`, "colour"},
		{"/legs", `{"id": "x"}`, "`room`"},
		{"/legs", `{"id": "x", "room": {"url": "ws://x", "token": "t"}}`, "`room.hears`"},
		{"/legs", `{"id": "x", "room": {"url": "ws://x", "token": "t", "hears": "c"}, "peer": {"offer": "v=0"}}`, "SDP"},
		{"/legs/one/answer", `{"sdp": "v=1"}`, "SDP"},
		{"/legs/one/gate", `{"stream": "room", "state": "ajar"}`, "`state`"},
		{"/legs/one/gate", `{"stream": "sky", "state": "open"}`, "`stream`"},
		{"/legs/one/gate", `{"stream": "room", "state": "held", "release_within_s": 1e9}`, "`release_within_s`"},
		{"/legs/one/play", `{"stream": "room", "clip": "x"}`, "BRIDGE_CLIPS"},
		{"/legs/one/record", `{}`, "BRIDGE_RECORDINGS"},
	} {
		status, answer := c.do("POST", one.path, one.body)
		said, _ := answer["error"].(map[string]any)
		if message, _ := said["message"].(string); status < 400 || status >= 500 || !strings.Contains(message, one.named) {
			t.Errorf("%s %s: %d %v", one.path, one.body, status, answer)
		}
	}
}

func TestNobodyGetsInWithoutTheToken(t *testing.T) {
	c := serve(t, &Control{token: "secret"})
	if status, answer := c.do("GET", "/legs", ""); status != 200 {
		t.Fatal(status, answer)
	}
	for _, wrong := range []string{"", "secre", "secret2"} {
		c.token = wrong
		for _, path := range []string{"/legs", "/legs/one", "/events"} {
			if status, answer := c.do("GET", path, ""); status != 401 {
				t.Fatal(path, status, answer)
			}
		}
	}
	if status, _ := c.do("GET", "/health", ""); status != 200 {
		t.Fatal("probes bring no token")
	}
}

func TestClipsAreNamesAndNotPaths(t *testing.T) {
	folder := t.TempDir()
	outside := filepath.Join(filepath.Dir(folder), "outside")
	must(t, os.WriteFile(outside, []byte("x"), 0o600))
	c := serve(t, &Control{clips: folder})
	c.do("POST", "/legs", aLeg)
	for _, name := range []string{"../outside", "a/b", "", ".hidden"} {
		body, err := json.Marshal(map[string]string{"stream": "room", "clip": name})
		must(t, err)
		if status, answer := c.do("POST", "/legs/one/play", string(body)); status != 400 {
			t.Fatal(name, answer)
		}
	}
	status, answer := c.do("POST", "/legs/one/play", `{"stream": "room", "clip": "none"}`)
	if said, _ := json.Marshal(answer); status != 400 || strings.Contains(string(said), folder) {
		t.Fatal(status, answer)
	}
}

func TestEventsComeInOrderAndGoOnWhereOneStopped(t *testing.T) {
	c := serve(t, &Control{})
	read := func(query string) *bufio.Scanner {
		ctx, cancel := context.WithCancel(context.Background())
		request, err := http.NewRequestWithContext(ctx, "GET", c.url+"/events"+query, nil)
		must(t, err)
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		t.Cleanup(func() { cancel(); _ = response.Body.Close() })
		return bufio.NewScanner(response.Body)
	}
	next := func(lines *bufio.Scanner) Event {
		for lines.Scan() {
			if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
				var event Event
				must(t, json.Unmarshal(line, &event))
				return event
			}
		}
		t.Fatal("the stream ended")
		return Event{}
	}
	lines := read("")
	c.do("POST", "/legs", aLeg)
	ready := next(lines)
	if ready.Type != evReady || ready.Leg != "one" {
		t.Fatal(ready)
	}
	c.do("DELETE", "/legs/one", "")
	if closed := next(lines); closed.Type != evClosed || closed.Seq != ready.Seq+1 {
		t.Fatal(closed)
	}
	if closed := next(read("?after=1")); closed.Type != evClosed {
		t.Fatal(closed)
	}
	_, health := c.do("GET", "/health", "")
	if closed := next(read(fmt.Sprint("?after=1&instance=", health["instance"]))); closed.Type != evClosed {
		t.Fatal(closed)
	}
	// another instance's numbers say nothing of ours
	if first := next(read("?after=1&instance=another")); first.Type != evReady {
		t.Fatal(first)
	}
	if status, answer := c.do("GET", "/events?after=x", ""); status != 400 {
		t.Fatal(status, answer)
	}
}

func TestAReaderThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	events := NewEvents()
	_, slow := events.Read(context.Background(), 0)
	for range readerSlack + 10 {
		events.Tell("one", evDigit, nil)
	}
	count := 0
	for range slow { // ends, for it was hung up on
		count++
	}
	missed, _ := events.Read(context.Background(), uint64(count))
	if count != readerSlack || len(missed) != 10 {
		t.Fatal(count, len(missed))
	}
}

func TestMetricsKeepWhatLegsThatEndedDid(t *testing.T) {
	bridge := NewBridge(loopback, (&stage{}).join, 3)
	leg, _, err := bridge.Make(context.Background(), Spec{ID: "one", Room: RoomSpec{Hears: "caller"}})
	must(t, err)
	leg.SetGate(sidePeer, GateOpen, 0)
	(&call{Leg: leg, room: &stage{leg: leg}}).callerSays('a', 1)
	for range 2 {
		var text bytes.Buffer
		bridge.WriteMetrics(&text)
		if !strings.Contains(text.String(), `wacall_bridge_received_packets_total{side="room"} 1`) {
			t.Fatal(text.String())
		}
		leg.Close("enough")
	}
}

func TestACounterDoesNotFallWhenAPacketComesLate(t *testing.T) {
	bridge := NewBridge(loopback, (&stage{}).join, 3)
	for _, lost := range []uint64{5, 4, 6} {
		bridge.past.received = map[side]SourceCounts{sidePeer: {Packets: 100, Lost: lost, Gaps: 2, JitterMs: 7}}
		var text bytes.Buffer
		bridge.WriteMetrics(&text)
		for _, line := range []string{
			fmt.Sprintf(`wacall_bridge_lost_packets_total{side="peer"} %d`, max(5, lost)),
			`wacall_bridge_received_gaps_total{side="peer"} 2`,
			`wacall_bridge_jitter_seconds{side="peer"} 0`,
		} {
			if !strings.Contains(text.String(), line+"\n") {
				t.Fatal(line, text.String())
			}
		}
	}
}

func TestTheEnvironmentIsReadWithSentences(t *testing.T) {
	read := func(pairs ...string) (Config, error) {
		values := map[string]string{}
		for at := 0; at < len(pairs); at += 2 {
			values[pairs[at]] = pairs[at+1]
		}
		return readConfig(func(name string) string { return values[name] })
	}
	config, err := read("BRIDGE_UDP_PORTS", "40000-40999", "BRIDGE_ADVERTISED_IP", "203.0.113.7", "BRIDGE_LISTEN", "0.0.0.0:1", "BRIDGE_TOKEN", "x")
	must(t, err)
	if config.Network != (Network{PortMin: 40000, PortMax: 40999, Advertised: "203.0.113.7"}) {
		t.Fatal(config)
	}
	for name, value := range map[string]string{
		"BRIDGE_MAX_LEGS": "0", "BRIDGE_DRAIN_S": "soon", "BRIDGE_UDP_PORTS": "9-3", "BRIDGE_ADVERTISED_IP": "here", "BRIDGE_LOOPBACK": "yes",
		"BRIDGE_LISTEN": "0.0.0.0:7890",
	} {
		if _, err := read(name, value); err == nil || !strings.Contains(err.Error(), name) {
			t.Error(name, value, err)
		}
	}
	for _, address := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/bridge/socket"} {
		if _, err := read("BRIDGE_LISTEN", address); err != nil {
			t.Error(address, err)
		}
	}
}

func TestALegMayEnterItsRoomWithoutItsPeer(t *testing.T) {
	c := serve(t, &Control{})
	waiting := strings.Replace(aLeg, `"hears"`, `"awaits_answer": true, "hears"`, 1)
	c.do("POST", "/legs", waiting)
	if status, answer := c.do("POST", "/legs/one/attributes", `{"a": "b"}`); status != 409 {
		t.Fatal(status, answer)
	}
	for range 2 {
		if status, answer := c.do("POST", "/legs/one/enter", ""); status != 200 {
			t.Fatal(status, answer)
		}
	}
	eventually(t, "the leg is in its room", func() bool {
		status, _ := c.do("POST", "/legs/one/attributes", `{"a": "b"}`)
		return status == 200
	})
}

func TestAClipMayComeWithTheRequest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.opus")
	began := time.Unix(1, 0)
	recorder, err := NewRecorder(path, began)
	must(t, err)
	for at := range 3 {
		recorder.Write(speech, began.Add(time.Duration(at+1)*frame))
	}
	must(t, recorder.Close(began.Add(3*frame)))
	whole, err := os.ReadFile(path)
	must(t, err)
	// no BRIDGE_CLIPS is needed for it
	c := serve(t, &Control{})
	c.do("POST", "/legs", aLeg)
	c.mime = "audio/ogg"
	for _, wrong := range []struct{ path, body, says string }{
		{"/legs/one/play?stream=room&clip=a", "", "holds no Opus"},
		{"/legs/one/play?stream=room&clip=a", string(whole[:40]), "cut off"},
		{"/legs/one/play?stream=room&clip=a", strings.Repeat("x", maxClip+1), "more than"},
		{"/legs/one/play?stream=both&clip=a", string(whole), "`stream`"},
		{"/legs/one/play?stream=room&clip=../a", string(whole), "`clip`"},
		{"/legs/one/play", string(whole), "`stream`"},
	} {
		status, answer := c.do("POST", wrong.path, wrong.body)
		if said, _ := json.Marshal(answer); status != 400 || !strings.Contains(string(said), wrong.says) {
			t.Fatal(wrong.path, status, answer)
		}
	}
	status, answer := c.do("POST", "/legs/one/play?stream=room&clip=a", string(whole))
	if status != 200 || answer["frames"] != 3.0 {
		t.Fatal(status, answer)
	}
	if status, answer := c.do("POST", "/legs/two/play?stream=room&clip=a", string(whole)); status != 404 {
		t.Fatal(status, answer)
	}
}
