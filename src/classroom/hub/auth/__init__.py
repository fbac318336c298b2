"""Who somebody is: GitHub, or a passphrase and a name."""
