"""The documented homes of classes that bring records to other systems."""
