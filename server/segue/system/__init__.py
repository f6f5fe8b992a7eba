"""Ground for every layer: processes, the machine's load, files opened safely. Standard library and plain values."""
