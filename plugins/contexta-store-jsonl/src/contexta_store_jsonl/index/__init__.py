"""The columnar index of the records: derived from the segments, in files that never change."""
