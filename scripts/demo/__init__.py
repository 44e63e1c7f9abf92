"""The demo's market and trades, and ten years of made-up ones."""
