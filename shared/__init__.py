"""What control plane and worker agree on; it imports neither of them."""
