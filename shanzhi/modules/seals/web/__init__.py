"""Pages and API of published seals."""
