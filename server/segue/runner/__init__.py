"""What runners and their clients share: frames, files and processes. Standard library only, knows nothing of Segue."""
