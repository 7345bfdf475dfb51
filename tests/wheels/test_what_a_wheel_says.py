"""What a wheel says of itself must be so: its name, its format, its RECORD, its programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lading.errors import ImageError
from lading.wheels import Scheme, read_wheel
from lading.wheels.launchers import Launcher, launcher_text, parse_launchers, shebang
from wheels.reading import SCHEME, held, read
from wheels.wheelmaker import Part, make_wheel, record_of, wheel_parts, write_wheel, zipped

INFO = "demo-1.0.dist-info"
OWN = f"{INFO}/RECORD"


def messages(path: Path, *, filename: str = "demo-1.0-py3-none-any.whl") -> list[str]:
    with pytest.raises(ImageError) as caught:
        read(path, filename=filename)
    return [problem.message.removeprefix(f"{filename}: ") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "version", "filename"),
    [
        ("Foo.Bar", "1.0", "foo_bar-1.0-py3-none-any.whl"),
        ("foo_bar", "1.0", "Foo.Bar-1.0-1-py3-none-any.whl"),
        ("foo", "1.0+cpu.2", "foo-1.0+cpu.2-py3-none-any.whl"),
        ("foo", "1.0_cpu", "foo-1.0.dev0-py3-none-any.whl"),
        ("foo", "1.0.0", "foo-1.0-py3-none-any.whl"),
        ("foo", "1.0rc1", "foo-1.0.rc.1-py3-none-any.whl"),
    ],
)
def test_one_name_and_version_has_many_spellings(
    tmp_path: Path, name: str, version: str, filename: str
) -> None:
    path = write_wheel(tmp_path, zipped(wheel_parts({"m.py": b""}, name=name, version=version)))
    if "cpu" in version and "+" not in version:
        assert f"its version is '{version}'" in messages(path, filename=filename)[0]
    else:
        read(path, filename=filename)


def test_a_wheel_of_another_name_or_version(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"m.py": b""}, name="other", version="2.0")
    assert messages(path) == [
        "other-2.0.dist-info: its name is 'other', not demo",
        "other-2.0.dist-info: its version is '2.0', not 1.0",
        "other-2.0.dist-info/METADATA: its name is 'other', not demo",
        "other-2.0.dist-info/METADATA: its version is '2.0', not 1.0",
    ]


def test_another_wheel_than_was_asked_for(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"m.py": b""})
    read_wheel(path, SCHEME, filename=path.name, name="demo", version="1.0.0")
    with pytest.raises(ImageError, match=r"its version is '1\.0', not 1\.1"):
        read_wheel(path, SCHEME, filename=path.name, name="demo", version="1.1")
    with pytest.raises(ImageError, match="its name is 'demo', not domo"):
        read_wheel(path, SCHEME, filename=path.name, name="domo", version="1.0")


@pytest.mark.parametrize(
    "filename", ["demo.zip", "demo-1.0.whl", "x-1-y-none-any.tar.gz", "", "-.whl"]
)
def test_a_file_name_that_is_no_wheels(tmp_path: Path, filename: str) -> None:
    path = make_wheel(tmp_path, {"m.py": b""})
    with pytest.raises(ImageError, match="its file name is no wheel's"):
        read(path, filename=filename or "x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"Wheel-Version: 2.0\n", "it names format 2.0; only 1.x is known"),
        (b"Wheel-Version: 10.0\n", "it names format 10.0; only 1.x is known"),
        (b"Root-Is-Purelib: true\n", "it names no format; only 1.x is known"),
        (b"", "it names no format; only 1.x is known"),
    ],
)
def test_a_format_of_the_future(tmp_path: Path, text: bytes, reason: str) -> None:
    path = make_wheel(tmp_path, {"m.py": b""}, info={"WHEEL": text})
    assert messages(path) == [f"{INFO}/WHEEL: {reason}"]


def test_a_later_minor_format_is_read(tmp_path: Path) -> None:
    read(make_wheel(tmp_path, {"m.py": b""}, info={"WHEEL": b"Wheel-Version: 1.9\n"}))


def test_two_folders_that_describe_it(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"evil-1.0.dist-info/METADATA": b""})
    (message,) = messages(path)
    assert message == f"it must have one .dist-info folder, and has: {INFO}, evil-1.0.dist-info"


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("demo-1.0.data/other/x", "'other' is no scheme of a wheel's data"),
        ("demo-1.0.data/scripts", "'scripts' is no scheme of a wheel's data"),
        ("demo-1.0.data/x", "'x' is no scheme of a wheel's data"),
        ("Demo-1.0.data/scripts/x", "its folder must be called demo-1.0.data"),
    ],
)
def test_data_of_no_scheme(tmp_path: Path, member: str, reason: str) -> None:
    assert messages(make_wheel(tmp_path, {member: b"x"})) == [f"{member}: {reason}"]


# RECORD.


def recorded(folder: Path, text: str) -> Path:
    parts = wheel_parts({"m.py": b"m"})
    files = {str(part.name): part.content for part in parts[:-1] if part.name != "m.py"}
    record = text.encode() + record_of(files, OWN)
    return write_wheel(folder, zipped(wheel_parts({"m.py": b"m"}, record=record)))


RIGHT = "sha256=YsZYonxphTxLjdsx8bzVXZOIiBJDC8Syh7AySG-yPKo"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "m.py: RECORD does not name it"),
        ("m.py,,\n", "m.py: RECORD has no hash of it"),
        (f"m.py,{RIGHT},2\n", "m.py: RECORD says 2 bytes, and it has 1"),
        ("m.py,sha256=abc,1\n", "m.py: RECORD has no sha256 of it, but 'abc'"),
        ("m.py,sha256=é,1\n", "m.py: RECORD has no sha256 of it, but 'é'"),
        (
            "m.py,md5=b4_HmQ1NjAdq3vUkuQr1Yg,1\n",
            "m.py: RECORD has its md5, which is weaker than SHA-256",
        ),
        ("m.py,sha1=a,1\n", "m.py: RECORD has its sha1, which is weaker than SHA-256"),
        (
            f"m.py,{RIGHT},1\nn.py,{RIGHT},1\n",
            "n.py: RECORD names it, and the wheel does not have it",
        ),
        (f"m.py,{RIGHT},1\nm.py,{RIGHT},2\n", "two lines of RECORD differ on m.py"),
        (f"m.py,{RIGHT}\n", "RECORD is malformed: row index 0: expected 3 elements, got 2"),
        (f"m.py,{RIGHT},x\n", "RECORD is malformed: `size` cannot be non-integer"),
        ("m.py,nothash,1\n", "RECORD is malformed: `hash` does not follow the required format"),
        ("m.py,rot13=x,1\n", "RECORD is malformed: invalid hash algorithm 'rot13'"),
        (f",{RIGHT},1\n", "RECORD is malformed: `path` cannot be empty"),
        ('"m.py\n', "RECORD is malformed: row index 0: expected 3 elements, got 1"),
        ("\n", "RECORD is malformed: row index 0: expected 3 elements, got 0"),
        ("a" * 200_000 + ",,\n", "RECORD is malformed: field larger than field limit (131072)"),
    ],
)
def test_a_record_that_is_wrong(tmp_path: Path, line: str, reason: str) -> None:
    assert messages(recorded(tmp_path, line)) == [reason]


@pytest.mark.parametrize(
    "line", [f"m.py,{RIGHT},1\n", f"m.py,{RIGHT}=,1\n", f"m.py,{RIGHT},\n", f"m.py,{RIGHT},1\n" * 2]
)
def test_a_record_that_is_right(tmp_path: Path, line: str) -> None:
    assert held(read(recorded(tmp_path, line)))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    parts = wheel_parts(
        {"m.py": b"m", "demo-1.0.data/x/y": b""},
        info={"WHEEL": b"Wheel-Version: 3\n"},
        entry_points="[console_scripts]\nbad = \n",
        record=b"gone.py,,\n",
    )
    found = messages(write_wheel(tmp_path, zipped(parts)))
    for word in ("format 3", "'x' is no scheme", "m.py: RECORD", "gone.py", "entry_points.txt"):
        assert any(word in message for message in found), word


# Programs.


def test_entry_points_become_programs(tmp_path: Path) -> None:
    text = (
        "[console_scripts]\nfoo = pkg:main\nbar=pkg.sub : Class.run [extra, other]\n"
        "[gui_scripts]\nbaz-3.11 = pkg:main\n[other]\nx = 100%\ny = nothing at all\n"
    )
    files = held(read(make_wheel(tmp_path, {"pkg.py": b""}, entry_points=text)))
    programs = {path: one for path, one in files.items() if path.startswith("opt/venv/bin/")}
    assert {Path(path).name for path in programs} == {"foo", "bar", "baz-3.11"}
    assert {mode for mode, _ in programs.values()} == {0o755}
    assert programs["opt/venv/bin/bar"][1] == (
        b"#!/opt/venv/bin/python\nimport sys\n\nfrom pkg.sub import Class\n\n"
        b'if __name__ == "__main__":\n    sys.exit(Class.run())\n'
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[console_scripts]\na = b\n", "a program in it is no module:attribute"),
        ("[console_scripts]\na = b:\n", "a program in it is no module:attribute"),
        ("[console_scripts]\na = b; import os:c\n", "a program in it is no module:attribute"),
        ("[console_scripts]\na = b:c()\n", "a program in it is no module:attribute"),
        ("[console_scripts]\na = 1b:c\n", "a calls '1b', which Python can't name"),
        ("[console_scripts]\na = b:c.\n", "a calls 'c.', which Python can't name"),
        ("[console_scripts]\na = b..c:d\n", "a calls 'b..c', which Python can't name"),
        ("[console_scripts]\na = b:lambda\n", "a calls 'lambda', which Python can't name"),
        ("[console_scripts]\n../a = b:c\n", "'../a' is no program's name"),
        ("[console_scripts]\n.. = b:c\n", "'..' is no program's name"),
        ("[console_scripts]\na\\b = b:c\n", "'a\\\\b' is no program's name"),
        ("[console_scripts]\na\x1bb = b:c\n", "is no program's name"),
        ("[console_scripts]\na = b:c\na = d:e\n", "it has 'a' twice"),
        ("a = b:c\n", "it does not begin with a [group]"),
        ("[console_scripts]\nabc\n", "a line in it is no name = value"),
        ("[console_scripts]\na = b%:c\n", "a line in it is no name = value"),
        ("[a]\n[a]\n", "it has 'a' twice"),
    ],
)
def test_a_program_that_cant_be_written(tmp_path: Path, text: str, reason: str) -> None:
    (message,) = messages(make_wheel(tmp_path, {"m.py": b""}, entry_points=text))
    assert message.startswith(f"{INFO}/entry_points.txt: ")
    assert reason in message


def test_a_program_and_a_window_of_one_name(tmp_path: Path) -> None:
    text = "[console_scripts]\na = m:f\n[gui_scripts]\na = m:g\n"
    (message,) = messages(make_wheel(tmp_path, {"m.py": b""}, entry_points=text))
    assert message.endswith("opt/venv/bin/a: it is there twice")


@pytest.mark.parametrize(
    "folder", ["plain", "with space", 'with "quotes"', "with $HOME `id`", "back\\slash", "x" * 120]
)
def test_a_program_runs_wherever_its_interpreter_is(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    interpreter = place / "python"
    interpreter.symlink_to(sys.executable)
    (tmp_path / "pkg.py").write_text(
        "import sys\nclass C:\n    @staticmethod\n    def f():\n"
        "        print(sys.argv[1:])\n        return 7\n"
    )
    program = tmp_path / "program"
    launcher = Launcher(name="program", module="pkg", attribute="C.f")
    program.write_bytes(launcher_text(launcher, str(interpreter)))
    program.chmod(0o755)
    told = subprocess.run(
        [program, "a b", "c"],
        env={"PATH": os.defpath, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.stdout, told.returncode) == ("['a b', 'c']\n", 7), told.stderr


def test_the_first_line_is_the_kernels_where_it_fits() -> None:
    assert shebang("/opt/venv/bin/python") == b"#!/opt/venv/bin/python\n"
    assert len(shebang("/" + "x" * 123)) == 127
    assert shebang("/" + "x" * 124).startswith(b"#!/bin/sh\n")


def test_a_script_of_the_wheel_gets_the_same_first_lines(tmp_path: Path) -> None:
    files = {"demo-1.0.data/scripts/tool": b"#!python\nprint(1)\n"}
    path = make_wheel(tmp_path, files)
    scheme = Scheme(prefix="/o p", python="3.11", interpreter="/o p/bin/python")
    content = held(read_wheel(path, scheme, filename=path.name))["o p/bin/tool"][1]
    assert content == shebang("/o p/bin/python") + b"print(1)\n"


def test_launchers_keep_their_order() -> None:
    found = parse_launchers("[console_scripts]\nb = m:f\na = m:g\n")
    assert [launcher.name for launcher in found] == ["b", "a"]


def test_a_part_stands_as_it_is() -> None:
    assert wheel_parts({"x": Part(name="y")})[0].name == "y"
