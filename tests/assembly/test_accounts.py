"""Who the container's user is in the accounts of a base made of packages."""

from __future__ import annotations

import pytest

from lading.assembly.accounts import accounts, with_account
from lading.errors import ImageError
from lading.info import User
from lading.oci.entries import Entry, Folder, Literal, Regular

PASSWD = b"root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
GROUP = b"root:x:0:\nwww-data:x:33:\n"


def based() -> list[Entry]:
    return [
        Folder(path="etc", mode=0o755),
        Regular(path="etc/group", mode=0o644, content=Literal(data=GROUP)),
        Regular(path="etc/passwd", mode=0o644, content=Literal(data=PASSWD)),
    ]


def texts(entries: tuple[Entry, ...]) -> dict[str, bytes]:
    return {
        one.path: one.content.data
        for one in entries
        if isinstance(one, Regular) and isinstance(one.content, Literal)
    }


def test_the_user_is_added() -> None:
    found = texts(with_account(based(), User(uid=4711, gid=4712, name="server", home="/srv")))
    assert found["etc/passwd"] == PASSWD + b"server:x:4711:4712::/srv:/bin/sh\n"
    assert found["etc/group"] == GROUP + b"server:x:4712:\n"


def test_a_number_that_has_an_account_keeps_it() -> None:
    found = texts(with_account(based(), User(uid=33, gid=0)))
    assert (found["etc/passwd"], found["etc/group"]) == (PASSWD, GROUP)


def test_without_accounts_there_is_nothing_to_add_to() -> None:
    with pytest.raises(ImageError, match="the packages of the base bring no /etc/passwd"):
        with_account(based()[:2], User())


def test_on_nothing_there_are_root_and_the_user() -> None:
    found = texts(tuple(accounts(User())))
    assert found["etc/passwd"].splitlines() == [
        b"root:x:0:0:root:/root:/sbin/nologin",
        b"lading:x:10001:0::/home/lading:/bin/sh",
    ]
