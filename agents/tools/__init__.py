"""The agent's tools: what the model may change in the world, and nothing else."""
