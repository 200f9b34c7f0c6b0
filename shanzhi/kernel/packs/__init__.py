"""Letters between platforms, and packs that prove themselves."""
