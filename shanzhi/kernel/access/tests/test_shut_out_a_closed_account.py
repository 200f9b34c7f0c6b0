"""A closed account: its passkey opens nothing. Closing is the importer's, so what happens here is committed."""

from django.test import Client

from shanzhi.kernel.access.tests.device import Device
from shanzhi.kernel.access.tests.steps import sign_in
from shanzhi.kernel.access.tests.test_sign_in_by_passkey import ENTER, NAME, add, asked
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]


def test_it_lets_a_closed_account_in_by_no_key(city: City, settings):
    settings.MFA_REQUIRED = True
    person, device = Client(), Device()
    assert sign_in(person, NAME).status_code == 302
    add(person, device)
    assert _enters(device) == ("/start/", True)
    with as_role(city.installation, "importer") as importer:
        importer.execute("UPDATE access_account SET is_active = false WHERE username = %s", [NAME])
        importer.commit()
    assert _enters(device) == ("/accounts/inactive/", False)


def _enters(device: Device) -> tuple[str, bool]:
    """Where the passkey leads to, and whether somebody is signed in then."""
    client = Client()
    answer = client.post(ENTER, {"credential": device.show(asked(client))})
    return answer["Location"], "_auth_user_id" in client.session
