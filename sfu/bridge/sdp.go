package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	opusType   = 111
	digitsType = 126
	digitsRate = 8000
)

// What a description of ours may say of an audio section; everything else that pion writes is left out, for some far ends are picky.
var spoken = []string{
	"mid", "rtpmap", "fmtp", "setup", "fingerprint", "ice-ufrag", "ice-pwd", "ice-lite", "rtcp-mux", "sendrecv", "candidate",
	"end-of-candidates",
}

// trim reduces a description of pion's to what the peer must see: Opus and telephone events, one fingerprint, one SSRC, 20 ms, no header
// extensions. A section that is no audio (a data channel) stays as it is.
func trim(text string) (string, error) {
	parsed, err := parse(text)
	if err != nil {
		return "", err
	}
	for _, media := range parsed.MediaDescriptions {
		if media.MediaName.Media != "audio" {
			continue
		}
		var kept []sdp.Attribute
		named := false
		for _, attribute := range media.Attributes {
			switch {
			case attribute.Key == "ssrc" && !named && strings.Contains(attribute.Value, " cname:"):
				named = true
				kept = append(kept, attribute)
			case attribute.Key == "rtcp-fb":
			case slices.Contains(spoken, attribute.Key):
				kept = append(kept, attribute)
			}
		}
		media.Attributes = append(kept, sdp.NewAttribute("ptime", "20"))
	}
	parsed.Attributes = slices.DeleteFunc(parsed.Attributes, func(a sdp.Attribute) bool {
		return a.Key == "msid-semantic" || a.Key == "extmap-allow-mixed"
	})
	out, err := parsed.Marshal()
	return string(out), err
}

// align makes a peer's answer say of Opus what our offer said. pion takes two codecs for the same only if their parameters agree, and
// silently drops Opus otherwise; what the parameters ask of an encoder is of no concern to somebody who forwards.
func align(answer, fmtp string) (string, error) {
	parsed, err := parse(answer)
	if err != nil {
		return "", err
	}
	found := false
	for _, media := range parsed.MediaDescriptions {
		if media.MediaName.Media != "audio" {
			continue
		}
		payload, _, ok := opusOf(media)
		if !ok {
			continue
		}
		found = true
		for at, attribute := range media.Attributes {
			if attribute.Key == "fmtp" && strings.HasPrefix(attribute.Value, payload+" ") {
				media.Attributes[at].Value = payload + " " + fmtp
			}
		}
	}
	if !found {
		return "", errors.New("the description has no Opus in it")
	}
	out, err := parsed.Marshal()
	return string(out), err
}

// offered is what an offer says of its codecs.
type offered struct {
	opus, digits uint8 // payload types; digits is 0 if there are none
	digitsRate   uint32
	fmtp         string
	role         webrtc.DTLSRole // ours, if it is we who answer
}

// readOffer finds Opus and telephone events in a peer's offer.
func readOffer(text string) (offered, error) {
	parsed, err := parse(text)
	if err != nil {
		return offered{}, err
	}
	for _, media := range parsed.MediaDescriptions {
		if media.MediaName.Media != "audio" {
			continue
		}
		payload, fmtp, ok := opusOf(media)
		if !ok {
			break
		}
		found := offered{fmtp: fmtp, role: answeringRole(parsed, media)}
		if found.opus, err = payloadType(payload); err != nil {
			return offered{}, err
		}
		for _, attribute := range media.Attributes {
			number, codec, _ := strings.Cut(attribute.Value, " ")
			if attribute.Key != "rtpmap" || !strings.HasPrefix(strings.ToLower(codec), "telephone-event/") {
				continue
			}
			rate, err := strconv.ParseUint(codec[len("telephone-event/"):], 10, 32)
			if err != nil || (found.digits != 0 && rate != digitsRate) {
				continue
			}
			if found.digits, err = payloadType(number); err != nil {
				return offered{}, err
			}
			found.digitsRate = uint32(rate)
		}
		return found, nil
	}
	return offered{}, errors.New("the offer has no Opus in it")
}

// answeringRole says which DTLS role we take for an offer: the client's, if that is left to us, for then it is we who repeat what gets
// lost, soon. pion would be the server towards a lite peer.
func answeringRole(parsed *sdp.SessionDescription, media *sdp.MediaDescription) webrtc.DTLSRole {
	setup, here := media.Attribute("setup")
	if !here {
		setup, _ = parsed.Attribute("setup")
	}
	if setup == "active" {
		return webrtc.DTLSRoleServer
	}
	return webrtc.DTLSRoleClient
}

func parse(text string) (*sdp.SessionDescription, error) {
	parsed := &sdp.SessionDescription{}
	if err := parsed.UnmarshalString(text); err != nil {
		// pion's words would quote the line, which may hold an ICE password
		return nil, errors.New("the description is no SDP (RFC 8866)")
	}
	return parsed, nil
}

// opusOf returns the payload type and the parameters of a section's Opus.
func opusOf(media *sdp.MediaDescription) (payload, fmtp string, ok bool) {
	for _, attribute := range media.Attributes {
		number, codec, _ := strings.Cut(attribute.Value, " ")
		if attribute.Key == "rtpmap" && strings.EqualFold(codec, "opus/48000/2") && slices.Contains(media.MediaName.Formats, number) {
			payload, ok = number, true
			break
		}
	}
	for _, attribute := range media.Attributes {
		if attribute.Key == "fmtp" && strings.HasPrefix(attribute.Value, payload+" ") {
			fmtp = attribute.Value[len(payload)+1:]
		}
	}
	return payload, fmtp, ok
}

func payloadType(number string) (uint8, error) {
	value, err := strconv.ParseUint(number, 10, 7)
	if err != nil {
		return 0, fmt.Errorf("%q is no payload type", number)
	}
	return uint8(value), nil
}
