"""What maintainer scripts would do on a first installation, done without running them."""

from __future__ import annotations

import errno
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, NoReturn

import pytest

from debs.debmaker import Some, by_path, file, folder, installed, link, make_deb, text_of
from lading.debs import NOTHING, Installation, package
from lading.debs.commands.table import harmless_commands
from lading.debs.scripts import normal_hash
from lading.errors import ImageError
from lading.oci.entries import Folder, Regular, Symlink

if TYPE_CHECKING:
    from pathlib import Path

    from lading.debs import Ground, Installed
    from lading.oci.entries import Entry

ACCOUNTS = Some(
    {
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nmail:x:8:8:mail:/var/mail:/bin/false\n",
        "etc/group": "root:x:0:\nmail:x:8:\nused:x:100:\n",
        "etc/shadow": "root:*:1:0:99999:7:::\n",
        "etc/gshadow": "root:*::\n",
        "home/x": "",
    }
)


def after(
    path: Path,
    script: str,
    *files: object,
    ground: Ground = NOTHING,
    name: str = "tool",
    keep_setuid: bool = False,
    **more: str,
) -> Installed:
    control = {"postinst": f"#!/bin/sh\nset -e\n{script}\n", **more}
    deb = make_deb(path, name, folder("./opt/"), *files, control=control)  # type: ignore[arg-type]
    return installed(path, deb, ground=ground, record="status.d", keep_setuid=keep_setuid)


def entry(found: Installed, path: str) -> Entry:
    return by_path(found)[path]


def refusal(path: Path, script: str, **more: object) -> str:
    with pytest.raises(ImageError) as caught:
        after(path, script, **more)  # type: ignore[arg-type]
    return str(caught.value)


def test_files_are_made_changed_and_removed(tmp_path: Path) -> None:
    script = """
    mkdir -p /var/lib/tool/deep
    install -d -m 2775 -o root -g mail /var/spool/tool
    echo hello > /etc/tool.conf
    echo more >> /etc/tool.conf
    chmod 640 /etc/tool.conf; chown root:mail /etc/tool.conf
    ln -s /opt/a /opt/link; ln -sf b /opt/link
    cp -p /opt/a /opt/copy; mv /opt/copy /opt/moved; rm -f /opt/b /opt/none
    touch /opt/empty; chmod u+s,g-w /opt/a
    umask 077; touch /opt/private
    [ -x /opt/a ] && [ ! -e /opt/b ] && echo right > /opt/seen
    """
    files = (file("./opt/a", "A", mode=0o755), file("./opt/b"))
    found = after(tmp_path, script, *files, ground=ACCOUNTS, keep_setuid=True)
    assert isinstance(entry(found, "var/lib/tool/deep"), Folder)
    assert (entry(found, "var/spool/tool").mode, entry(found, "var/spool/tool").gid) == (0o2775, 8)
    assert text_of(found, "etc/tool.conf") == "hello\nmore\n"
    assert (entry(found, "etc/tool.conf").mode, entry(found, "etc/tool.conf").gid) == (0o640, 8)
    target = entry(found, "opt/link")
    assert isinstance(target, Symlink)
    assert target.target == "b"
    assert text_of(found, "opt/moved") == "A"
    assert entry(found, "opt/moved").mode == 0o755
    assert "opt/b" not in by_path(found)
    assert entry(found, "opt/a").mode == 0o4755
    assert entry(found, "opt/private").mode == 0o600
    assert text_of(found, "opt/seen") == "right\n"


def test_a_script_of_generated_parts_alone_does_nothing(tmp_path: Path) -> None:
    script = """
# Automatically added by dh_installsystemd/13.24.2
if [ "$1" = "configure" ] || [ "$1" = "abort-upgrade" ] || [ "$1" = "abort-remove" ] ; then
	deb-systemd-helper unmask 'tool.service' >/dev/null || true
	if deb-systemd-helper --quiet was-enabled 'tool.service'; then
		deb-systemd-helper enable 'tool.service' >/dev/null || true
	else
		deb-systemd-helper update-state 'tool.service' >/dev/null || true
	fi
fi
# End automatically added section
# Automatically added by dh_installinit/13.24.2
if [ "$1" = "configure" ] && [ -x "/etc/init.d/tool" ]; then
	update-rc.d tool defaults >/dev/null
	invoke-rc.d tool start || exit 1
fi
dpkg-maintscript-helper rm_conffile /etc/tool.old 1.0\\~ -- "$@"
if [ "$1" = "configure" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
exit 0
"""
    without = make_deb(tmp_path, "tool", folder("./opt/"))
    assert (
        after(tmp_path, script).entries == installed(tmp_path, without, record="status.d").entries
    )


def test_only_a_first_installation_is_followed(tmp_path: Path) -> None:
    script = """
    case "$1" in
        configure) if [ -n "$2" ] && dpkg --compare-versions "$2" lt 2; then curl x; fi;;
        abort-upgrade|abort-remove) curl x;;
        *) exit 1;;
    esac
    if dpkg --compare-versions "$2" lt-nl 2; then curl y; fi
    dpkg --compare-versions "$2" lt 2 && echo first > /opt/first
    """
    assert text_of(after(tmp_path, script), "opt/first") == "first\n"


def test_preinst_is_followed_before_the_files_are_there(tmp_path: Path) -> None:
    preinst = '#!/bin/sh -e\n[ "$1" = install ]\n[ ! -e /opt/a ]\necho x > /opt/before\n'
    found = after(tmp_path, ":", file("./opt/a"), preinst=preinst)
    assert text_of(found, "opt/before") == "x\n"


def test_removal_scripts_are_not_looked_at(tmp_path: Path) -> None:
    found = after(tmp_path, ":", prerm="#!/usr/bin/perl\n", postrm="#!/bin/sh\ncurl x\n")
    assert "opt" in by_path(found)


REFUSED = {
    "curl example.test": "it runs `curl example.test`",
    "if true; then wget -q x; fi": "it runs `wget -q x`",
    "x=$(fc-cache)": "it runs `fc-cache`, and goes on by what that says",
    "false": "it would fail with status 1",
    "rm /home/x": "it removes /home/x, which the base has",
    "chmod 600 /home/x": "on what the base has",
    "chown nobody /opt": "whose account is not there",
    "dpkg-divert --add --rename --divert /opt/b /home/x": "it diverts /home/x, which the base has",
    "adduser person": "which makes no system account",
    "usermod -L root": "it runs `usermod -L root`",
    "python3 -c x": "it runs `python3 -c x`",
    "mkdir --weird /x": "whose option --weird is not known here",
    "uname -m": "which is the host's, not the image's",
    "systemd-sysusers none.conf": "it makes the accounts of none.conf, which is not there",
    "update-alternatives --set editor /bin/x": "it runs `update-alternatives --set editor /bin/x`",
}


@pytest.mark.parametrize("script", REFUSED)
def test_anything_else_refuses_the_package_by_name(tmp_path: Path, script: str) -> None:
    text = refusal(tmp_path, script, ground=ACCOUNTS)
    assert text.startswith("tool needs its postinst to be run: ")
    assert REFUSED[script] in text
    assert text.endswith(
        "hint: build the Dockerfile with a container engine, which runs such scripts"
    )


def test_another_language_refuses_the_package(tmp_path: Path) -> None:
    text = refusal(tmp_path, ":", preinst="#!/usr/bin/perl\nexit 0;\n")
    assert "tool needs its preinst to be run: it is no shell script (#!/usr/bin/perl)" in text


def test_all_that_needs_an_engine_is_told_together(tmp_path: Path) -> None:
    debs = [
        make_deb(tmp_path, name, control={"postinst": f"#!/bin/sh\n{name}-setup\n"})
        for name in ("a", "b")
    ]
    (tmp_path / "work").mkdir()
    found = Installation(debs, NOTHING, workdir=tmp_path / "work").scripts
    assert [(one.package, one.script, one.reason) for one in found] == [
        ("a", "postinst", "it runs `a-setup`"),
        ("b", "postinst", "it runs `b-setup`"),
    ]


def test_a_packages_own_shell_scripts_are_followed_too(tmp_path: Path) -> None:
    tool = '#!/bin/sh\necho $# "$1" > /opt/said\n'
    found = after(tmp_path, "/opt/setup 'a b' c", file("./opt/setup", tool, mode=0o755))
    assert text_of(found, "opt/said") == "2 a b\n"


def test_files_of_the_shell_are_read(tmp_path: Path) -> None:
    found = after(tmp_path, ". /opt/lib; f x", file("./opt/lib", "f() { echo $1 > /opt/f; }\n"))
    assert text_of(found, "opt/f") == "x\n"


def test_names_of_files_are_expanded(tmp_path: Path) -> None:
    script = "cd /; for f in /opt/*.rt /opt/none*; do [ -f $f ] || continue; echo $f; done > /opt/l"
    files = (file("./opt/b.rt"), file("./opt/a.rt"), file("./opt/.c.rt"))
    assert text_of(after(tmp_path, script, *files), "opt/l") == "/opt/a.rt\n/opt/b.rt\n"


def test_system_accounts_are_made(tmp_path: Path) -> None:
    script = """
    adduser --system --group --quiet --home /var/lib/tool --gecos "A tool" tool
    addgroup --system extra
    adduser tool extra
    adduser --system --no-create-home plain
    adduser --system tool
    groupadd -r later; useradd -r -g later -d /nonexistent -s /bin/false later
    getent passwd tool >/dev/null && id -u tool > /opt/uid
    chown tool:extra /opt
    """
    found = after(tmp_path, script, ground=ACCOUNTS)
    lines = text_of(found, "etc/passwd").splitlines()[2:]
    assert lines == [
        "tool:x:101:101:A tool:/var/lib/tool:/usr/sbin/nologin",
        "plain:x:100:65534::/nonexistent:/usr/sbin/nologin",
        "later:x:999:999::/nonexistent:/bin/false",
    ]
    groups = text_of(found, "etc/group").splitlines()[3:]
    assert groups == ["tool:x:101:", "extra:x:102:tool", "later:x:999:"]
    assert text_of(found, "etc/shadow").splitlines()[1] == "tool:!:3652::::::"
    assert text_of(found, "etc/gshadow").splitlines()[1:] == [
        "tool:!::",
        "extra:!::tool",
        "later:!::",
    ]
    home = entry(found, "var/lib/tool")
    assert (home.uid, home.gid) == (101, 101)
    assert (entry(found, "opt").uid, entry(found, "opt").gid) == (101, 102)
    assert text_of(found, "opt/uid") == "101\n"


def test_declared_accounts_are_made(tmp_path: Path) -> None:
    conf = '# accounts\ng extra -\nu tool - "A tool" /var/lib/tool\nu fixed 50\nm tool extra\n'
    files = (folder("./usr/"), folder("./usr/lib/"), folder("./usr/lib/sysusers.d/"))
    found = after(
        tmp_path,
        "systemd-sysusers tool.conf",
        *files,
        file("./usr/lib/sysusers.d/tool.conf", conf),
        ground=ACCOUNTS,
    )
    assert text_of(found, "etc/passwd").splitlines()[2:] == [
        "tool:x:998:998:A tool:/var/lib/tool:/usr/sbin/nologin",
        "fixed:x:50:50::/:/usr/sbin/nologin",
    ]
    assert "extra:x:999:tool" in text_of(found, "etc/group")


def test_passwords_are_put_apart(tmp_path: Path) -> None:
    ground = Some({"etc/passwd": "root:*:0:0::/root:/bin/sh\n", "etc/group": "root:*:0:\n"})
    found = after(tmp_path, "shadowconfig on", ground=ground)
    assert text_of(found, "etc/passwd") == "root:x:0:0::/root:/bin/sh\n"
    assert text_of(found, "etc/shadow") == "root:*:3652:0:99999:7:::\n"
    assert text_of(found, "etc/gshadow") == "root:*::\n"
    assert (entry(found, "etc/shadow").mode, entry(found, "etc/shadow").gid) == (0o640, 42)


def test_debconf_answers_with_defaults(tmp_path: Path) -> None:
    templates = "Template: tool/style\nType: string\nDefault: plain\nDescription: x\n"
    script = """
    . /usr/share/debconf/confmodule
    db_version 2.0; db_input high tool/style || true; db_go || true
    db_get tool/style; echo "$RET" > /opt/style
    db_get tool/none || echo none > /opt/none
    db_stop
    """
    found = after(tmp_path, script, templates=templates)
    assert text_of(found, "opt/style") == "plain\n"
    assert text_of(found, "opt/none") == "none\n"


def test_a_config_script_answers_questions(tmp_path: Path) -> None:
    templates = "Template: tool/a\nDefault: no\n\nTemplate: tool/b\nDefault: no\n"
    script = """
    . /usr/share/debconf/confmodule
    db_get tool/a; echo "$RET" > /opt/a
    """
    config = "#!/bin/sh -e\n. /usr/share/debconf/confmodule\ndb_set tool/a yes\n"
    found = after(tmp_path, script, templates=templates, config=config)
    assert text_of(found, "opt/a") == "yes\n"
    # One that can't be followed to its end answers nothing.
    found = after(tmp_path, script, templates=templates, config=f"{config}curl x\n")
    assert text_of(found, "opt/a") == "no\n"


def test_diversions_that_move_nothing_are_recorded(tmp_path: Path) -> None:
    script = "dpkg-divert --package tool --no-rename --divert /lib/x.merged --add /lib/x"
    found = after(tmp_path, script)
    assert text_of(found, "var/lib/dpkg/diversions") == "/lib/x\n/lib/x.merged\ntool\n"


def test_diversions_of_anothers_file_refuse_the_package(tmp_path: Path) -> None:
    script = "#!/bin/sh\ndpkg-divert --divert /x.orig --rename --add /x\n"
    debs = [
        make_deb(tmp_path, "a", file("./x")),
        make_deb(tmp_path, "b", control={"postinst": script}),
    ]
    with pytest.raises(ImageError, match=r"b needs its postinst .* it diverts /x, which is of a"):
        installed(tmp_path, *debs)


def test_overrides_of_modes_are_recorded_and_done(tmp_path: Path) -> None:
    script = """
    if ! dpkg-statoverride --list /opt/a >/dev/null; then
        dpkg-statoverride --update --add root mail 2755 /opt/a
    fi
    """
    files = (file("./opt/a", mode=0o755),)
    found = after(tmp_path, script, *files, ground=ACCOUNTS, keep_setuid=True)
    assert text_of(found, "var/lib/dpkg/statoverride") == "root mail 2755 /opt/a\n"
    assert (entry(found, "opt/a").mode, entry(found, "opt/a").gid) == (0o2755, 8)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    found = after(tmp_path, "py3compile -p tool; glib-compile-schemas /x > /opt/log; fc-cache -f")
    assert found.remarks == (
        "left out: bytecode of Debian's Python packages",
        "left out: compiled GSettings schemas",
    )
    # Of what isn't known no file is made.
    assert "opt/log" not in by_path(found)


def test_certificates_are_linked_by_name_and_put_together(tmp_path: Path) -> None:
    found = after(
        tmp_path,
        "update-ca-certificates",
        ground=Some(
            {
                "etc/ca-certificates.conf": "# x\n!no.crt\nmozilla/a b.crt\ngone.crt\n",
                "usr/share/ca-certificates/mozilla/a b.crt": "A",
                "usr/share/ca-certificates/no.crt": "no",
                "usr/local/share/ca-certificates/own.crt": "own\n",
            }
        ),
    )
    assert text_of(found, "etc/ssl/certs/ca-certificates.crt") == "A\nown\n"
    target = entry(found, "etc/ssl/certs/a_b.pem")
    assert isinstance(target, Symlink)
    assert target.target == "/usr/share/ca-certificates/mozilla/a b.crt"


def test_a_scripts_normal_form_has_no_comments() -> None:
    assert normal_hash("#!/bin/sh\n# x\n  a\n\n") == normal_hash("a\n")
    assert normal_hash("a") != normal_hash("b")


def test_no_harmless_command_is_one_that_is_done(tmp_path: Path) -> None:
    assert "chmod" not in harmless_commands()
    assert isinstance(entry(after(tmp_path, "fc-cache; : > /opt/x"), "opt/x"), Regular)


def test_links_are_not_written_through_out_of_the_image(tmp_path: Path) -> None:
    script = "echo x > /opt/out/file"
    found = after(tmp_path, script, link("./opt/out", "../../../../inside"), folder("./inside/"))
    assert text_of(found, "inside/file") == "x\n"


def test_what_the_base_has_installed_is_answered_for(tmp_path: Path) -> None:
    status = "Package: old\nStatus: install ok installed\nArchitecture: all\nVersion: 3\n"
    script = """
    dpkg-query -W -f '${Package} ${Version} ${Status}\\n' old tool > /opt/said
    dpkg-query -W none || echo none >> /opt/said
    """
    found = after(tmp_path, script, ground=Some({"var/lib/dpkg/status": status}))
    assert text_of(found, "opt/said") == (
        "old 3 install ok installed\ntool 1.0 install ok unpacked\nnone\n"
    )


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(package, "_files", full)
    with pytest.raises(ImageError) as caught:
        installed(tmp_path, make_deb(tmp_path, "tool"))
    assert str(caught.value).startswith("tool 1.0 can't be unpacked: no space is left\nhint: free ")
    assert not list((tmp_path / "work").iterdir())


def test_every_harmless_command_has_its_reason() -> None:
    table = tomllib.loads(files("lading.debs").joinpath("harmless.toml").read_text())
    assert all(one["reason"] and one["names"] for one in table["command"])
    read = tomllib.loads(files("lading.debs").joinpath("read_scripts.toml").read_text())
    assert all(one["reason"].strip() and one["sha256"] for one in read["script"])
