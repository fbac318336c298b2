"""The tunnel: TCP by name, to services that the tutor has opened, and by a school's proxy."""
