package main

import (
	"context"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

func offerOf(t *testing.T, spec PeerSpec) string {
	t.Helper()
	peer, offer, err := NewPeer(context.Background(), loopback, spec, 1, NewStream("a", "b", false), &Leg{events: NewEvents()})
	must(t, err)
	t.Cleanup(peer.Close)
	return offer
}

func TestAnOfferSaysOnlyWhatThePeerMustSee(t *testing.T) {
	offer := offerOf(t, PeerSpec{Fmtp: "maxaveragebitrate=20000;minptime=20;useinbandfec=1", Digits: true})
	counts := map[string]int{
		"m=": 1, "m=audio 9 UDP/TLS/RTP/SAVPF 111 126\r\n": 1, "a=rtpmap:": 2, "a=fmtp:111 maxaveragebitrate=20000;minptime=20;useinbandfec=1\r\n": 1,
		"a=fingerprint:sha-256": 1, "a=ssrc:": 1, "a=ptime:20": 1, "a=extmap": 0, "a=rtcp-fb": 0, "a=setup:actpass": 1, "a=sendrecv": 1,
		"a=group:BUNDLE 0": 1, "a=rtcp-mux\r\n": 1, "a=mid:0": 1, "a=msid": 0,
	}
	for text, want := range counts {
		if got := strings.Count(offer, text); got != want {
			t.Errorf("%q: %d times, not %d\n%s", text, got, want, offer)
		}
	}
	if !strings.Contains(offer, "a=candidate:") {
		t.Error("no candidate in", offer)
	}
}

func TestADataChannelIsOfferedBesideTheAudio(t *testing.T) {
	offer := offerOf(t, PeerSpec{DataChannel: "events"})
	if !strings.Contains(offer, "m=application") || !strings.Contains(offer, "a=group:BUNDLE 0 1") {
		t.Error(offer)
	}
	if strings.Contains(offer, "telephone-event") {
		t.Error("nobody asked for keys")
	}
}

const answer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 126\r\nc=IN IP4 0.0.0.0\r\n" +
	"a=rtpmap:111 OPUS/48000/2\r\na=fmtp:111 minptime=10\r\na=rtpmap:126 telephone-event/8000\r\n"

func TestAnAnswersParametersAreMadeOurs(t *testing.T) {
	aligned, err := align(answer, "minptime=20")
	must(t, err)
	if !strings.Contains(aligned, "a=fmtp:111 minptime=20\r\n") || strings.Contains(aligned, "minptime=10") {
		t.Error(aligned)
	}
}

func TestAnOffersNumbersAreTaken(t *testing.T) {
	read, err := readOffer(strings.NewReplacer("111", "96", "126", "101").Replace(answer))
	must(t, err)
	if read != (offered{opus: 96, digits: 101, digitsRate: 8000, fmtp: "minptime=10", role: webrtc.DTLSRoleClient}) {
		t.Error(read)
	}
}

func TestWhatHasNoOpusIsRefusedWithoutQuotingIt(t *testing.T) {
	for _, text := range []string{
		"", "no SDP", strings.ReplaceAll(answer, "OPUS/48000/2", "PCMU/8000"), "v=0\r\na=ice-pwd:secret\r\n",
		strings.ReplaceAll(answer, "m=audio", "m=video"),
	} {
		_, offered := readOffer(text)
		_, answered := align(text, "")
		for _, err := range []error{offered, answered} {
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

func FuzzDescriptions(f *testing.F) {
	f.Add(answer)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = readOffer(text)
		_, _ = align(text, "minptime=20")
		_, _ = trim(text)
	})
}
