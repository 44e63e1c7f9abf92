"""What the API takes and gives, as strict models: nothing unknown, nothing coerced."""
