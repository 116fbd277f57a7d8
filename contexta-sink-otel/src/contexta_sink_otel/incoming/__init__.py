"""The way back: what a program tells OpenTelemetry, as records of the workspace."""
