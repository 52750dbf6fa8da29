"""Phones for tests: baresip, SIPp, sipsak and bare sockets."""
