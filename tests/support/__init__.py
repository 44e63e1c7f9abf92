"""What tests of several rooms stand on: databases, services, markets, providers."""
