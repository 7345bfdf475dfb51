from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import SpecificationError
from lading.requirements import RequirementSet, read_pylock, read_requirements_file

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = "a" * 64, "b" * 64, "c" * 64
COMMIT = "1" * 40
HEAD = """\
lock-version = "1.0"
created-by = "test"
requires-python = ">=3.11"
environments = ["sys_platform == 'linux'"]
"""
WHOLE = f"""{HEAD}
[[packages]]
name = "numpy"
version = "1.26.4"
marker = "python_version >= '3.9'"
index = "https://h.test/simple"
sdist = {{ url = "https://h.test/numpy-1.26.4.tar.gz", hashes = {{ sha256 = "{A}", md5 = "0" }} }}
wheels = [
  {{ url = "https://h.test/numpy-1.26.4-cp311-none-any.whl", hashes = {{ sha256 = "{B}" }} }},
]

[[packages]]
name = "mine"
directory = {{ path = "libs/mine" }}

[[packages]]
name = "repo"
vcs = {{type = "git", url = "https://h.test/repo.git", commit-id = "{COMMIT}", subdirectory = "s"}}

[[packages]]
name = "arch"
archive = {{ url = "https://h.test/arch.zip", hashes = {{ sha256 = "{C}" }} }}

[[packages]]
name = "local"
version = "1"
wheels = [{{ path = "local-1-py3-none-any.whl", hashes = {{ sha256 = "{C}" }} }}]
"""


def read(project: Path, text: str, path: str = "pylock.toml") -> RequirementSet:
    (project / path).parent.mkdir(exist_ok=True)
    (project / path).write_text(text, encoding="utf-8")
    return read_pylock(project, path)


def test_r28_a_pylock_gives_the_same_pins_and_hashes(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert [(each.requirement.text, each.location.line) for each in found.requirements] == [
        ('numpy==1.26.4 ; python_version >= "3.9"', 6),
        ("mine @ ./libs/mine", 16),
        (f"repo @ git+https://h.test/repo.git@{COMMIT}#subdirectory=s", 20),
        ("arch @ https://h.test/arch.zip", 24),
        ("local @ ./local-1-py3-none-any.whl", 28),
    ]
    hashes = [each.requirement.hashes for each in found.requirements]
    assert hashes == [(f"sha256:{A}", f"sha256:{B}"), (), (), (f"sha256:{C}",), (f"sha256:{C}",)]
    assert found.requirements[0].index == "https://h.test/simple"
    assert found.requires_python == ">=3.11"
    assert found.environments == ('sys_platform == "linux"',)
    assert found.files == ("pylock.toml",)


@pytest.mark.parametrize("path", ["pylock.toml", "pylock.gpu.toml", "sub/pylock.toml"])
def test_r28_a_requirements_file_of_that_name_is_read_as_one(tmp_path: Path, path: str) -> None:
    assert read(tmp_path, WHOLE, path) == read_requirements_file(tmp_path, path)


def test_paths_start_from_the_locks_folder(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE, "sub/pylock.toml")
    assert found.requirements[1].requirement.path == "sub/libs/mine"


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ('name = "x"\nversion = "1"', "exactly one of"),
        ('name = "X"\ndirectory = { path = "x" }', "not normalized"),
        ('name = "x"\ndirectory = { path = "x", editable = true }', "editable"),
        ('name = "x"\nvcs = { type = "hg", url = "https://h.test", commit-id = "1" }', "git"),
        (f'name = "x"\nmarker = "{"(" * 5000}"\ndirectory = {{ path = "x" }}', "too deeply"),
        ('name = "x"\ndirectory = { path = "../x" }', "leaves the project"),
        ('name = "x"\narchive = { url = "https://h.test/x.zip", hashes = { md5 = "0" } }', "hash"),
    ],
)
def test_a_package_that_cant_be_taken_over_is_refused_at_its_line(
    tmp_path: Path, package: str, message: str
) -> None:
    with pytest.raises(SpecificationError) as raised:
        read(tmp_path, f"{HEAD}\n[[packages]]\n{package}\n")
    (problem,) = raised.value.problems
    assert message in problem.message
    assert str(problem.location) == "pylock.toml:6"


def test_r28_what_depends_on_a_choice_is_what_the_lock_has_by_default(tmp_path: Path) -> None:
    head = f'{HEAD}extras = ["gpu"]\ndependency-groups = ["run", "dev"]\ndefault-groups = ["run"]\n'
    markers = {
        "a": "'gpu' in extras",
        "b": "'run' in dependency_groups",
        "c": "'dev' in dependency_groups and os_name == 'nt'",
        "d": "'run' in dependency_groups and os_name == 'posix'",
        "e": "'gpu' not in extras",
    }
    packages = (
        f'[[packages]]\nname = "{name}"\nmarker = "{marker}"\ndirectory = {{ path = "{name}" }}\n'
        for name, marker in markers.items()
    )
    found = read(tmp_path, head + "".join(packages))
    assert [each.requirement.text for each in found.requirements] == [
        "b @ ./b",
        'd @ ./d ; os_name == "posix"',
        "e @ ./e",
    ]


def test_a_lock_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="not a valid pylock file"):
        read(tmp_path, 'lock-version = "2.0"\ncreated-by = "x"\npackages = []\n')


def test_r30_credentials_in_a_lock_are_never_shown(tmp_path: Path) -> None:
    archive = f'{{ url = "https://u:hunter2@h.test/x.zip", hashes = {{ sha256 = "{A}" }} }}'
    with pytest.raises(SpecificationError) as raised:
        read(tmp_path, f'{HEAD}\n[[packages]]\nname = "x"\narchive = {archive}\n')
    assert "hunter2" not in str(raised.value)
