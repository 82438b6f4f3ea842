"""Words that are spoken once, in the model's own voice, and played whenever there is no model."""
