"""The city's rule book: TOML files, one loader, sections registered by the slices that own them."""
