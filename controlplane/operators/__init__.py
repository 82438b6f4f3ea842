"""The operator's own system, which is told what people have to do."""
