"""An exported call, run again against the simulators."""
