"""The voice without audio: a media bridge carries the sound, OpenAI's sideband the words."""
