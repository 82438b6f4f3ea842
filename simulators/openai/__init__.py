"""OpenAI's Realtime API, strict, played from a scenario."""
