"""The closed loop: a matter from its report to its reporter's verdict."""
