"""The Hub's part of the egress lock: the SNI proxy, DNS answers, counts of refusals."""
