"""What can go wrong with a backup, each in a sentence."""

from shanzhi.core.errors import DomainError


class BackupError(DomainError):
    """A backup can't be taken, read or restored."""

    code = "backup"


class NotABackup(BackupError):
    """The file is no backup of ours, or its head is damaged."""

    code = "not-a-backup"


class NewerBackup(BackupError):
    """Made by a program that knows more than this one."""

    code = "newer-backup"


class WrongKey(BackupError):
    """The passphrase or key file doesn't open it."""

    code = "wrong-key"


class Damaged(BackupError):
    """A byte was changed, or something was added."""

    code = "backup-damaged"


class Cut(BackupError):
    """The file ends too early."""

    code = "backup-cut"


class PlaceTaken(BackupError):
    """There is something already where the backup should be restored."""

    code = "place-taken"


class ToolFailed(BackupError):
    """One of PostgreSQL's own tools failed; its last words are in the sentence."""

    code = "tool-failed"


class NoRoom(BackupError):
    """The disk is full, or can't be written."""

    code = "no-room"


class SecretsMissing(BackupError):
    """The backup was made without the secrets, and none were given."""

    code = "secrets-missing"
