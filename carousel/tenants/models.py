"""Who owns what: tenants, the people who work for them, and the keys their programs use."""

import hashlib
import secrets
import uuid
from typing import Any, Self

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.timezone import now

from carousel.rows import Row, TenantRow
from carousel.tenants.options import TenantOptions


class Tenant(Row):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    currency = models.CharField(max_length=3, default="ISK")
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.full_name or self.email

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
        return self.filter(revoked_at=None, tenant__is_active=True)

    def matching(self, token: str) -> "ApiKey | None":
        return self.live().select_related("tenant").filter(digest=digest(token)).first()


class ApiKey(TenantRow):
    """A program's way in. Only a hash is kept; the token is shown once."""

    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    scopes = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"

    @classmethod
    def issue(cls, tenant: Tenant, name: str, scopes: list[str]) -> tuple["ApiKey", str]:
        """A new key and its token. The token is not stored and cannot be shown again."""
        token = f"ck_{secrets.token_urlsafe(32)}"
        key = cls.objects.create(
            tenant=tenant, name=name, scopes=scopes, digest=digest(token), prefix=token[:10]
        )
        return key, token

    def revoke(self) -> None:
        ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now())


def digest(token: str) -> str:
    """SHA-256 is enough for a 256-bit random token: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
