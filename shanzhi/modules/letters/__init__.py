"""The post that carries letters between platforms."""
