"""What an operator does from a shell through a running control plane's HTTP API."""
