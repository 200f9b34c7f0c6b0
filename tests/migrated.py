"""Run as a program of its own (`prepare`): roles and tables in a home folder, and no city yet."""

from shanzhi.config.ready import ready


def main() -> None:
    """Make them."""
    with ready(prepare=True):
        pass


if __name__ == "__main__":
    main()
