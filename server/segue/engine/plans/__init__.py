"""What a user decides on an agent's plan."""
