"""What the tests here share."""

from tests.concurrency.committed import city

__all__ = ["city"]
