"""What records say, in OpenTelemetry's words; made without its libraries."""
