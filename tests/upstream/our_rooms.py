"""A pytest plugin: upstream's own tests with our rooms in the place of its own."""

from __future__ import annotations

from classroom.lab import expected, upstream
from classroom.lab.loader import ClassLoader
from classroom.lab.rooms import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.sockets import RoomSocket

expected.check()
upstream.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket, ClassLoader)
