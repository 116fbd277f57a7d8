"""The tabs of the screen of one run."""
