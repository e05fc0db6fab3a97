"""Who owns what: tenants, the people who work for them, and the keys their programs use."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from pydantic import ValidationError as NotOptions

from carousel.rows import Row, TenantRow
from carousel.tenants.options import TenantOptions, first_mistake

KEY_PREFIX = "ck_"
KEY_AGE = timedelta(days=90)
USE_NOTED = timedelta(minutes=1)


class Tenant(Row):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    currency = models.CharField(max_length=3, default="ISK")
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Options that make no sense stop every page of the shop, so no form may keep them."""
        try:
            TenantOptions.model_validate(self.settings)
        except NotOptions as error:
            raise ValidationError({"settings": first_mistake(error)}) from error

    @property
    def options(self) -> TenantOptions:
        return TenantOptions(**self.settings)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person. Signs in by e-mail address; belongs to tenants through memberships."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=150, blank=True)
    oidc_subject = models.CharField(max_length=255, unique=True, null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        """Addresses are kept in small letters: in others nobody is found at sign-in."""
        super().clean()
        self.email = self.email.lower()

    def deactivate(self) -> None:
        """Out at once: sessions and access tokens ask for a living person, refresh tokens end."""
        User.objects.filter(pk=self.pk).update(is_active=False)
        self.refresh_tokens.all().revoke()

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class Membership(TenantRow):
    class Role(models.TextChoices):
        VIEWER = "viewer"
        REVIEWER = "reviewer"
        MANAGER = "manager"
        ADMIN = "admin"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.REVIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="one_membership_per_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.tenant} ({self.role})"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> Self:
        """A key stops with the person who made it: they may have a copy of it."""
        gone = Q(created_by__is_active=False)
        return self.filter(revoked_at=None, tenant__is_active=True).exclude(gone)

    def matching(self, token: str) -> "ApiKey | None":
        return self.live().select_related("tenant").filter(digest=digest(token)).first()


class ApiKey(TenantRow):
    """A program's way in. Only a hash is kept; the token is shown once."""

    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.VIEWER)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"

    @classmethod
    def issue(
        cls,
        tenant: Tenant,
        name: str,
        role: str = Membership.Role.VIEWER,
        by: User | None = None,
    ) -> tuple["ApiKey", str]:
        """A new key and its token. The token is not stored and cannot be shown again."""
        token = KEY_PREFIX + secrets.token_urlsafe(32)
        known = {"digest": digest(token), "prefix": token[:10], "created_by": by}
        return cls.objects.create(tenant=tenant, name=name, role=role, **known), token

    @property
    def is_orphaned(self) -> bool:
        """Made by somebody who was deactivated: it opens nothing."""
        return self.created_by is not None and not self.created_by.is_active

    @property
    def is_old(self) -> bool:
        """Older than 90 days: time to make a second key and retire this one."""
        return now() - self.created_at > KEY_AGE

    @property
    def is_use_news(self) -> bool:
        """Use is kept to the minute: a storefront asks many times a second."""
        return self.last_used_at is None or now() - self.last_used_at > USE_NOTED

    def note_use(self) -> None:
        ApiKey.objects.filter(pk=self.pk).update(last_used_at=now())

    def revoke(self) -> bool:
        """False if it was revoked before."""
        return bool(ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now()))


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    def family(self, family: uuid.UUID) -> Self:
        return self.filter(family=family)

    def revoke(self) -> int:
        return self.filter(revoked_at=None).update(revoked_at=now())


class RefreshToken(TenantRow):
    """One link of a chain of refresh tokens that began with one sign-in (its family)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = RefreshTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Refresh token of {self.user}"

    def is_usable(self, moment: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and moment < self.expires_at


class IdempotencyKey(TenantRow):
    """A POST that was asked under this name, and its answer once there is one. Kept for 24 h."""

    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=bytes)
    headers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_request_per_key"),
        ]

    def __str__(self) -> str:
        return self.key


class AuditEntry(TenantRow):
    """Who changed which rule or right, from what to what. Written once, never changed."""

    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        default_permissions = ("view",)
        indexes = [models.Index(fields=["tenant", "-created_at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.action} by {self.user}"


def digest(token: str) -> str:
    """SHA-256 is enough for a 256-bit random token: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
