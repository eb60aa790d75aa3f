"""The REST API: one file per endpoint."""
