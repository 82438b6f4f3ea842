"""OpenTelemetry: one trace for each call, of every process that works for it."""
