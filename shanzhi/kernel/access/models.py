"""Accounts and tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac


class Account(AbstractBaseUser):
    """How a staff member signs in. What they may do comes from the posts that they hold, never from here."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    staff = models.OneToOneField("organisation.Staff", on_delete=models.PROTECT, null=True, related_name="+")
    # Goes into each session's hash: raising it ends every session of the account, wherever sessions are kept.
    session_epoch = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = BaseUserManager["Account"]()

    class Meta:
        default_permissions: ClassVar = ()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        return salted_hmac(
            "shanzhi.access.session", f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()


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


class SignInAttempt(models.Model):
    """One try to sign in, for a while: under keyed hashes, because what people type into the name field may be a
    password, and an address belongs to somebody."""

    class Outcome(models.TextChoices):
        """How far it came: a wrong secret; the right password, and nothing after it yet; a right code, or the password once
        more of somebody signed in; the whole sign-in."""

        FAILED = "failed"
        PASSED = "passed"
        CONFIRMED = "confirmed"
        SIGNED_IN = "signed_in"

    name_hash = models.BinaryField(max_length=32)
    place_hash = models.BinaryField(max_length=32)
    # The place is a browser that has signed in under this name before, not an address.
    known = models.BooleanField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices)

    class Meta:
        db_table = "access_sign_in_attempt"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["name_hash", "at"], name="access_attempt_by_name")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["failed", "passed", "confirmed", "signed_in"]),
                name="access_attempt_outcome",
            )
        ]
