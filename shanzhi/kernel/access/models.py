"""Accounts and tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Account(AbstractBaseUser):
    """How a staff member signs in. What they may do comes from the posts that they hold, never from here."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    staff = models.OneToOneField("organisation.Staff", on_delete=models.PROTECT, null=True, related_name="+")

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = BaseUserManager["Account"]()

    class Meta:
        default_permissions: ClassVar = ()


class Token(models.Model):
    """A program's key to the API: acts as one post, until its date or until it is ended. Only its hash is kept."""

    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    label = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="access_token_expires_later"
            )
        ]


class ResidentSession(models.Model):
    """A resident who gave a phone code, for half an hour: the follow hashes that the session shows. It knows no phone and
    no person; what tells it apart is the hash of a random key in the browser."""

    token_hash = models.BinaryField(max_length=32, unique=True)
    follow = models.JSONField()
    opened_at = models.DateTimeField(db_index=True)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "access_resident_session"
        default_permissions: ClassVar = ()
