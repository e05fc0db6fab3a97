"""Who sends photos to the running server: a program with a key, and staff in a browser."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.running import Running

KEY = """
import json
from carousel.models import ApiKey, Membership, Tenant, User
shop, _ = Tenant.objects.get_or_create(slug="faults", defaults={{"name": "Faults"}})
shop.settings = {{**shop.settings, "requests_per_minute": 100_000}}
shop.save()
user = User.objects.filter(email={email!r}).first() or User.objects.create_user(
    {email!r}, {password!r})
Membership.objects.get_or_create(tenant=shop, user=user, defaults={{"role": "reviewer"}})
print(json.dumps(ApiKey.issue(shop, "till", "reviewer")[1]))
"""
EMAIL, PASSWORD = "faults@example.com", "a-long-password-1"


@dataclass
class Shop:
    """`url` without a slash at the end. Every call is answered within a minute, or fails."""

    url: str
    key: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.session.request(
            method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **more
        )

    def batch(self, name: str = "") -> str:
        return str(self.call("POST", "/batches", json={"name": name}).json()["id"])

    def send(self, batch: str, name: str, content: bytes) -> requests.Response:
        return self.call("POST", f"/batches/{batch}/photos", files={"file": (name, content)})

    def announce(self, batch: str, *files: tuple[str, bytes], **more: str) -> list[dict[str, Any]]:
        """An offer for each file."""
        said = [
            {"path": name, "size": len(content), "content_type": "image/jpeg",
             "sha256": hashlib.sha256(content).hexdigest(), **more}
            for name, content in files
        ]  # fmt: skip
        answer = self.call("POST", f"/batches/{batch}/uploads", json={"files": said})
        return list(answer.json()["uploads"])

    def put(self, offer: dict[str, Any], content: bytes) -> requests.Response:
        return self.session.post(
            offer["url"], data=offer["fields"], files={"file": content}, timeout=60
        )

    def confirm(self, offer: dict[str, Any]) -> requests.Response:
        return self.call("POST", f"/uploads/{offer['id']}/confirm", json={})


def open_shop(program: Running) -> Shop:
    said = program.command("shell", "-v", "0", "-c", KEY.format(email=EMAIL, password=PASSWORD))
    return Shop(program.url, json.loads(said.strip().splitlines()[-1]))


@dataclass
class Staff:
    """What the upload page does, without the page."""

    url: str
    session: requests.Session

    def page(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}{path}", timeout=60, allow_redirects=False)

    def select(self, batch: str, *files: tuple[str, int]) -> str:
        """The address under which these files, (path, size), are sent."""
        path = f"/b/{batch}/select/"
        answer = self._post(path, json={"name": "card", "files": files})
        return f"{path}{answer.json()['receipt']}/"

    def send(self, base: str, number: int, content: bytes) -> requests.Response:
        return self._post(f"{base}{number}/", data=content, type="image/jpeg")

    def _post(self, path: str, type: str = "application/json", **more: Any) -> requests.Response:
        token = self.session.cookies["csrftoken"]
        headers = {"X-CSRFToken": token, "Content-Type": type}
        return self.session.post(f"{self.url}{path}", headers=headers, timeout=60, **more)


def sign_in(program: Running) -> Staff:
    session = requests.Session()
    form = session.get(f"{program.url}/sign-in/", timeout=30).text
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    fields = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = session.post(f"{program.url}/sign-in/", data=fields, timeout=30, allow_redirects=False)
    assert answer.status_code == 302
    return Staff(program.url, session)
