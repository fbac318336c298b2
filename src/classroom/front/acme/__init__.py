"""The certificate that the lab gets by itself (ACME): when, from whom, what is wrong."""
