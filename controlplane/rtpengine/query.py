"""What rtpengine says of a call (`query`), as far as the phone's side goes. Pure.

rtpengine forgets a call only when every side is silent, and after ICE is up it sends a lite peer no
checks, so that nothing but media tells (measured with 10.5). It counts RTP together with RTCP;
11 and newer also RTP alone, by source.
"""

from controlplane.core.errors import HopRefused
from controlplane.core.foreign import Json, integer_of, list_of, object_of
from controlplane.core.liveness import MediaReading
from controlplane.rtpengine.tags import WHATSAPP_TAG


def read_query(reply: Json) -> MediaReading:
    """Read what `query` returned; the time is in Unix seconds by the hop's clock.

    Raises:
        HopRefused: it does not tell of the phone's side, as before its answer.
    """
    tag = object_of(object_of(reply.get("tags")).get(WHATSAPP_TAG))
    streams = [
        object_of(stream)
        for media in list_of(tag.get("medias"))
        for stream in list_of(object_of(media).get("streams"))
    ]
    times = [time for stream in streams if (time := integer_of(stream.get("last packet")))]
    if not times:
        raise HopRefused("The media hop's `query` does not tell of the phone's side of the call.")
    return MediaReading(last_packet=max(times), packets=sum(_packets(one) for one in streams))


def _packets(stream: Json) -> int:
    by_source = [object_of(source) for source in list_of(stream.get("ingress SSRCs"))]
    counts = by_source or [object_of(stream.get("stats"))]
    return sum(integer_of(count.get("packets")) or 0 for count in counts)
