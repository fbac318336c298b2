"""The tunnel: TCP by name, to services that the tutor has allowed, and through a school's proxy."""
