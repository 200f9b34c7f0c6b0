import pytest

from shanzhi.kernel.access.tests.two_posts import TwoPosts, two_posts


@pytest.fixture(scope="session")
def double(django_db_setup, django_db_blocker) -> TwoPosts:
    with django_db_blocker.unblock():
        return two_posts()
