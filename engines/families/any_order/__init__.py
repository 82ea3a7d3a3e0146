"""Any-order autoregressive models."""
