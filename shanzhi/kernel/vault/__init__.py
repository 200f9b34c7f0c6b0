"""Personal data: encrypted, with a purpose and an expiry; every reading has a reason and is journaled."""
