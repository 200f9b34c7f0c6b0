"""The second step: passkeys, authenticator apps, recovery codes, in the look of the house."""
