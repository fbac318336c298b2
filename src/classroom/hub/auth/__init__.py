"""Sign-in: with GitHub, with a personal link, or with a passphrase and a name."""
