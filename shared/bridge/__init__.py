"""The media bridges, which join a WebRTC peer to a participant of a room: a Go program of ours."""
