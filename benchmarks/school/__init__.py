"""Measure a school: six classes on a swarm of three machines, also during changes and failures."""
