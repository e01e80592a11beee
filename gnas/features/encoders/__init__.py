"""The encoders, one file each. Libraries and weights load on use."""
