"""rtpengine, the media hop of calls for which somebody must offer on both sides."""
