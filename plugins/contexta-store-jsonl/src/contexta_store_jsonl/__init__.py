"""The record store `jsonl_segments`: events, metrics and spans in append-only segments."""
