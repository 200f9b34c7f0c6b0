"""Accounts, tokens, and what takes two people."""

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
    """A program's key to the API: acts as one post, until its date or until it is ended. Only its hash is kept.

    `staff` answers for it: who held the post when it was issued; when that holding ends, so does the token.
    """

    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(
        "organisation.Staff", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    issued_by_post = models.BigIntegerField(null=True)
    used_on = models.DateField(null=True)
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
            ),
            models.CheckConstraint(
                condition=models.Q(staff__isnull=False) | models.Q(ended_at__isnull=False),
                name="access_token_has_somebody",
            ),
        ]


class Session(models.Model):
    """A browser that is signed in. `key_hash` and `data` are for the functions of the migration alone.

    `device` and `place` are words ("Chrome · Windows", "10.20.*.*"), `seen_at` is right to ten minutes.
    """

    key_hash = models.BinaryField(max_length=32, unique=True)
    data = models.TextField()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    staff_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    device = models.TextField()
    place = models.TextField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["staff_id", "-seen_at"], name="access_session_staff"),
            models.Index(fields=["expires_at"], name="access_session_expires"),
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


class Signoff(models.Model):
    """双人复核: one request, its decision and what came of it. `params` are the fields by code.

    `scope_code` is the place of who asked: who decides has to stand for it. `steps` counts the journal's entries.
    """

    kind = models.CharField(max_length=60, db_collation="C")
    params = models.JSONField()
    salt = models.BinaryField()
    state = models.CharField(max_length=10, db_collation="C")
    scope_code = models.CharField(max_length=15, db_collation="C")
    asked_at = models.DateTimeField()
    asked_by_post = models.BigIntegerField()
    asked_by_unit = models.BigIntegerField()
    asked_by_staff = models.BigIntegerField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)
    decided_by_staff = models.BigIntegerField(null=True)
    words = models.TextField(default="")
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")
    tries = models.SmallIntegerField(default=0)
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["state", "id"], name="access_signoff_state"),
            models.Index(fields=["asked_by_staff", "-id"], name="access_signoff_mine"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["asked", "approved", "refused", "withdrawn", "expired", "running", "done", "failed"]
                ),
                name="access_signoff_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("asked_at")), name="access_signoff_expires_later"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by_staff=None)
                | ~models.Q(decided_by_staff=models.F("asked_by_staff"))
                & ~models.Q(decided_by_post=models.F("asked_by_post")),
                name="access_signoff_two_people",
            ),
            # Agreed, refused, begun, done: never without the second person.
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "withdrawn", "expired"])
                | models.Q(decided_at__isnull=False, decided_by_post__isnull=False, decided_by_staff__isnull=False),
                name="access_signoff_decided",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "approved", "running"], ended_at=None)
                | ~models.Q(state__in=["asked", "approved", "running"]) & models.Q(ended_at__isnull=False),
                name="access_signoff_open_or_ended",
            ),
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
