"""What a school costs: six classes on three machines that are a swarm, and what befalls them."""
