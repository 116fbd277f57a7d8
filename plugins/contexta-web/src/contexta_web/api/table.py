"""Every question of the API."""

from __future__ import annotations

from contexta_web.api.curves import CURVE_ENDPOINTS
from contexta_web.api.findings import FINDING_ENDPOINTS
from contexta_web.api.metrics import METRIC_ENDPOINTS
from contexta_web.api.runs import RUN_ENDPOINTS

__all__ = ["ENDPOINTS"]

ENDPOINTS = (*RUN_ENDPOINTS, *METRIC_ENDPOINTS, *CURVE_ENDPOINTS, *FINDING_ENDPOINTS)
