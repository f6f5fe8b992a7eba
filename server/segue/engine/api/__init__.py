"""What clients ask and are shown: composition, registry, handlers, views."""
