"""HTTP for the whole service: errors, JSON, versions, logs, metrics, documentation."""
