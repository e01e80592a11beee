"""Training as a generator of epochs, metrics and evaluation."""
