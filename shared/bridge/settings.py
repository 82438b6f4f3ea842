"""What control plane and worker read of the media bridges."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from shared.bridge.address import BridgeAddress, parse_addresses
from shared.process.settings import Seconds, ServiceSettings


def _addresses(value: object) -> object:
    return parse_addresses(value) if isinstance(value, str) else value


Addresses = Annotated[tuple[BridgeAddress, ...], BeforeValidator(_addresses)]


class BridgeSettings(ServiceSettings):
    """The settings of a service that gives media bridges their orders."""

    bridge_urls: Addresses = Field((), alias="BRIDGE_URL")
    """Media bridges, with commas between them; empty: `wacall up` starts one of its own."""
    bridge_token: SecretStr = Field(SecretStr(""), alias="BRIDGE_TOKEN")
    """What the media bridges let in; needed where they listen on more than loopback."""
    bridge_timeout_s: Seconds = Field(3, alias="BRIDGE_TIMEOUT_S")
    """Until a media bridge has answered a request."""
