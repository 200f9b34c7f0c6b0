"""Sign-in by the city's own identity provider (OpenID Connect)."""
