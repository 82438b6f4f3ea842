"""Session descriptions that several tests read and change: Meta's side and the business's."""

FINGERPRINT = ":".join(["A2"] * 32)

# a real offer of October 2025, its secrets replaced
META_OFFER = """v=0
o=- 1760681506762 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE audio
a=msid-semantic: WMS 8a4ff3a5-6c41-4f6e-9a43-1d2f0c3f7a10
a=ice-lite
m=audio 3484 UDP/TLS/RTP/SAVPF 111 126
c=IN IP4 57.144.215.49
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:3935165743 1 udp 2122260223 57.144.215.49 3484 typ host generation 0 network-cost 50
a=candidate:2617197009 1 udp 2122262783 2a03:2880:f36b:131:face:b00c:0:699c 3484 typ host \
generation 0 network-cost 50
a=ice-ufrag:AAAABBBBCCCCDDDD
a=ice-pwd:AAAABBBBCCCCDDDDEEEEFFFF
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=mid:audio
a=sendrecv
a=msid:8a4ff3a5-6c41-4f6e-9a43-1d2f0c3f7a10 WhatsAppTrack1
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;\
useinbandfec=1
a=rtpmap:126 telephone-event/8000
a=maxptime:20
a=ptime:20
a=ssrc:1047224411 cname:WhatsAppAudioStream1
""".replace("\n", "\r\n").format(fingerprint=FINGERPRINT)

# the shape of an answer that Meta took
ANSWER = """v=0
o=- 3970000000 3970000000 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE audio
a=msid-semantic:WMS *
m=audio 50000 UDP/TLS/RTP/SAVPF 111
c=IN IP4 203.0.113.7
a=sendrecv
a=mid:audio
a=msid:one two
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=ssrc:12345 cname:business
a=rtpmap:111 opus/48000/2
a=candidate:1 1 udp 2130706431 203.0.113.7 50000 typ host
a=end-of-candidates
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuv
a=fingerprint:SHA-256 {fingerprint}
a=setup:active
""".replace("\n", "\r\n").format(fingerprint=FINGERPRINT)

# the shape of an rtpengine's offer with the BUNDLE line that it leaves out
OFFER = """v=0
o=- 1795430000 1 IN IP4 203.0.113.7
s=-
c=IN IP4 203.0.113.7
t=0 0
a=group:BUNDLE 0
m=audio 30000 UDP/TLS/RTP/SAVPF 111 126
a=sendrecv
a=mid:0
a=rtpmap:111 opus/48000/2
a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;\
useinbandfec=1
a=rtpmap:126 telephone-event/8000
a=rtcp:30000
a=rtcp-mux
a=setup:actpass
a=fingerprint:sha-256 {fingerprint}
a=ptime:20
a=ice-ufrag:abcdefgh
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=candidate:1 1 UDP 2130706431 203.0.113.7 30000 typ host
a=end-of-candidates
""".replace("\n", "\r\n").format(fingerprint=FINGERPRINT)
