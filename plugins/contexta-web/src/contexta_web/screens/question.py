"""What a screen is asked, and what it answers: the words of the dashboard's SPI."""

from __future__ import annotations

from contexta.spi.dashboard import Page, Question

__all__ = ["Page", "Question"]
