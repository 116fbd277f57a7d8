"""The HTTP API: a table of questions, each answered by the workspace."""
