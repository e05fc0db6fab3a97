"""Settings as production runs them, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import machine

TELL = """
import json, django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING", verbosity=0)
print(json.dumps({name: getattr(settings, name) for name in (
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_AGE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS",
    "SECURE_SSL_REDIRECT", "DEBUG", "REGISTRATION_OPEN", "AXES_FAILURE_LIMIT",
)}))
"""


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ
    }
    known = {"DJANGO_SETTINGS_MODULE": "carousel.settings", "CAROUSEL_HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TELL],
        cwd=machine.CODE,
        env=kept | known | {"CAROUSEL_ENV": "prod"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_deployment_checks_are_clean_and_the_cookies_are_this_hosts(tmp_path):
    done = run(tmp_path, SECRET_KEY="s3cr3t-" + "0123456789" * 6, ALLOWED_HOSTS="shop.example")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 28_800,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_SSL_REDIRECT": True,
        "DEBUG": False,
        "REGISTRATION_OPEN": False,
        "AXES_FAILURE_LIMIT": 10,
    }


def test_production_refuses_the_secret_that_everybody_can_read(tmp_path):
    done = run(tmp_path, ALLOWED_HOSTS="shop.example")

    assert done.returncode != 0
    assert "Set SECRET_KEY" in done.stderr
