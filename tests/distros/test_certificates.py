from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros import ca_prelude
from shells import SHELLS, check, execute

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
)


def prelude_at(path: Path) -> str:
    return ca_prelude().replace(CA_BUNDLE_PATH, str(path))


def values(shell: tuple[str, ...], bundle: Path) -> list[str]:
    echo = "printf '%s\\n' " + " ".join(f'"${name}"' for name in VARIABLES)
    return execute(shell, (prelude_at(bundle), echo), env={}).splitlines()


def test_the_prelude_is_posix_sh() -> None:  # CASES R7
    check((ca_prelude(),))


@pytest.mark.parametrize("shell", SHELLS)
def test_tools_are_told_of_a_bundle_that_is_there(shell: tuple[str, ...], tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    assert values(shell, bundle) == [str(bundle)] * len(VARIABLES)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("empty", [True, False], ids=["empty", "absent"])
def test_nothing_changes_without_a_bundle(
    shell: tuple[str, ...], tmp_path: Path, *, empty: bool
) -> None:
    bundle = tmp_path / "ca.pem"
    if empty:
        bundle.touch()
    assert values(shell, bundle) == [""] * len(VARIABLES)
