"""Ids of a call and of a line, as types, so that one is never taken for another; pure."""

from typing import NewType

CallId = NewType("CallId", str)
"""Ours: a UUID, minted before anybody else knows of the call."""

WhatsAppCallId = NewType("WhatsAppCallId", str)
"""Meta's `wacid...`. It contains both phone numbers in base64: personal data, never logged."""

PhoneNumberId = NewType("PhoneNumberId", str)
"""Meta's id of the business line (not a phone number)."""
