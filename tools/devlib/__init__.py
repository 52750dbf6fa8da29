"""What `tools/dev` is made of: backends, services, phones and tests of one checkout, all on loopback."""
