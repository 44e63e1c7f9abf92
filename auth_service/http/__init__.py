"""What HTTP asks of any service, whatever it is about: errors, JSON, versions, logs, metrics, documentation."""
