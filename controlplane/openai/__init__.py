"""OpenAI's Responses API, for what a message means."""
