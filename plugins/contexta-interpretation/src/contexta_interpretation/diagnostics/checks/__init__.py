"""The stock checks: each module holds those of one subject."""
