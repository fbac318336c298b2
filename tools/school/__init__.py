"""Run many classes on a Docker Swarm, from one short file (docs/operate/school.md)."""
