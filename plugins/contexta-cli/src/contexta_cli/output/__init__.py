"""How answers look: tables, numbers and times for people, JSON for programs."""
