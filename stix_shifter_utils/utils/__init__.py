"""What connectors and the core share: running async code, the classic error responder, logging."""
