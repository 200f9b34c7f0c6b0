"""Design tokens, components and base templates; no domain words."""
