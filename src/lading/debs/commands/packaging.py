"""Commands of dpkg: what they answer on a first installation."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Final

from lading.debian.version import compare
from lading.debs.alternatives import Choice, install_alternative, read_alternative, remove_choice
from lading.debs.commands.modes import set_mode, set_owner
from lading.debs.commands.words import words_of
from lading.debs.database import installed_in
from lading.debs.diversions import Diversion, add_diversion, diversions_in, remove_diversion
from lading.debs.patterns import Pattern, glob
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.debs.commands.context import Context
    from lading.debs.shell import Call, Command
    from lading.debs.stanza import Stanza

__all__ = ["packaging_commands"]

_FIELD: Final = re.compile(r"\$\{(?P<name>[A-Za-z:-]+)\}")
_PRIORITY: Final = re.compile("-?[0-9]{1,9}")
_UCF: Final = "var/lib/ucf/hashfile"
_OVERRIDES: Final = "var/lib/dpkg/statoverride"
_ORDERS: Final[dict[str, Callable[[int], bool]]] = {
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
    "eq": lambda order: order == 0,
    "ne": lambda order: order != 0,
    "ge": lambda order: order >= 0,
    "gt": lambda order: order > 0,
    "<<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "<": lambda order: order <= 0,
    "=": lambda order: order == 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order >= 0,
    ">>": lambda order: order > 0,
}


def packaging_commands(context: Context) -> Mapping[str, Command]:
    """The commands, for the scripts of one package."""
    found: dict[str, Callable[[Context, Call], int]] = {
        "dpkg": _dpkg,
        "dpkg-divert": _divert,
        "dpkg-query": _query,
        "dpkg-realpath": _realpath,
        "dpkg-statoverride": _statoverride,
        "ucf": _ucf,
        "update-alternatives": _alternatives,
    }
    return {name: partial(command, context) for name, command in found.items()}


def _dpkg(context: Context, call: Call) -> int:
    match call.words:
        case ("--compare-versions", one, operator, other):
            return _compared(call, one, operator, other)
        case ("--compare-versions", one, operator):
            return _compared(call, one, operator, "")
        case ("--print-architecture",):
            call.say(f"{context.architecture}\n")
            return 0
        case ("--print-foreign-architectures",):
            return 0
        case ("-L", name):
            return _listed(context, call, name)
        case ("--assert-support-predepends" | "--assert-multi-arch" | "--assert-working-epoch",):
            return 0
        case _:
            raise call.refuse()


def _compared(call: Call, one: str, operator: str, other: str) -> int:
    """dpkg(1): an empty version is older than any, or with `-nl` newer."""
    name = operator.removesuffix("-nl")
    if name not in _ORDERS:
        raise call.refuse()
    if one and other:
        try:
            order = compare(one, other)
        except Invalid:
            raise call.refuse("with what is no version") from None
    elif operator.endswith("-nl"):
        order = bool(other) - bool(one)
        order = -order
        order = (not one) - (not other)
    else:
        order = bool(one) - bool(other)
    return int(not _ORDERS[name](order))


def _listed(context: Context, call: Call, name: str) -> int:
    package = context.packages.get(name.partition(":")[0])
    if package is None:
        raise call.refuse("of a package that is not installed with it")
    call.say("".join(f"{path}\n" for path in ("/.", *(f"/{x.path}" for x in package.files))))
    return 0


def _query(context: Context, call: Call) -> int:
    long = "search show showformat= listfiles control-path"
    words = words_of(call, "WLslS", long=long, valued="f")
    options, names = words.options, words.operands
    if {"L", "listfiles"} & options.keys():
        return _listed(context, call, names[0])
    if {"S", "search"} & options.keys():
        return _searched(context, call, names)
    if "control-path" in options or not {"W", "show"} & options.keys():
        if all(name.partition(":")[0] not in context.packages for name in names[:1]):
            return 1
        raise call.refuse()
    form = options.get("f") or options.get("showformat") or "${binary:Package}\t${Version}\n"
    there = {name: stanza for (name, _), stanza in installed_in(context.root).items()}
    status = 0
    for name in names:
        plain = name.partition(":")[0]
        package = context.packages.get(plain)
        stanza = there.get(plain) if package is None else package.stanza
        if stanza is not None:
            call.say(_shown(call, form, stanza, "unpacked" if package else "installed"))
        elif "*" in name:
            raise call.refuse()
        else:
            status = 1
    return status


def _searched(context: Context, call: Call, paths: tuple[str, ...]) -> int:
    """Which packages have a path."""
    status = 0
    for path in paths:
        call.spend(sum(len(package.files) for package in context.packages.values()))
        owners = [
            package.stanza.label
            for package in context.packages.values()
            if any(f"/{one.path}" == path for one in package.files)
        ]
        if owners:
            call.say(f"{', '.join(sorted(owners))}: {path}\n")
        elif "*" in path or "/" not in path or installed_in(context.root):
            raise call.refuse()
        else:
            status = 1
    return status


def _shown(call: Call, form: str, stanza: Stanza, state: str) -> str:
    def value(match: re.Match[str]) -> str:
        special = {
            "binary:Package": stanza.label,
            "Status": f"install ok {state}",
            "db:Status-Status": state,
            "Conffiles": "",
        }
        if ":" in match["name"] and match["name"] not in special:
            raise call.refuse()
        return special.get(match["name"], stanza.get(match["name"]))

    return _FIELD.sub(value, form.replace("\\n", "\n").replace("\\t", "\t"))


def _realpath(context: Context, call: Call) -> int:
    words = words_of(call, "z", long="zero root=")
    call.say("".join(f"/{context.root.real(path)}\n" for path in words.operands))
    return 0


def _divert(context: Context, call: Call) -> int:
    long = "add remove list listpackage= truename= quiet rename no-rename local package= divert="
    words = words_of(call, "", long=long)
    options = words.options
    every = diversions_in(context.root)
    if "list" in options:
        _list_diversions(call, every, words.operands)
        return 0
    if "listpackage" in options:
        found = [one.package for one in every if one.path == options["listpackage"]]
        call.say("".join(f"{name}\n" for name in found))
        return 0
    if "truename" in options:
        path = options["truename"]
        call.say(next((one.to for one in every if one.path == path), path) + "\n")
        return 0
    (path,) = words.operands
    call.spend(sum(len(one.files) for one in context.packages.values()))
    package = ":" if "local" in options else options.get("package", context.package.name)
    if "remove" in options:
        remove_diversion(context.root, path, package)
    else:
        new = Diversion(path, options.get("divert", f"{path}.distrib"), package)
        add_diversion(context.root, new, context.packages.values())
    return 0


def _list_diversions(call: Call, every: list[Diversion], patterns: tuple[str, ...]) -> None:
    forms = [Pattern(glob([(one, False)]), call.state.bounds) for one in patterns]
    for one in every:
        if not forms or any(form.fits(word) for word in one for form in forms):
            call.say(f"diversion of {one.path} to {one.to} by {one.package}\n")


def _statoverride(context: Context, call: Call) -> int:
    words = words_of(call, "", long="list add remove update force quiet force-statoverride-add")
    options, operands = words.options, words.operands
    lines = (context.root.text(_OVERRIDES) or "").splitlines()
    if "list" in options:
        found = [line for line in lines if not operands or line.split()[-1:] == [operands[0]]]
        call.say("".join(f"{line}\n" for line in found))
        return int(not found)
    if "add" in options and len(operands) == 4:  # noqa: PLR2004
        user, group, mode, path = operands
        if any(not one or " " in one or not one.isprintable() for one in operands):
            raise call.refuse("which is more than a line")
        text = "".join(f"{line}\n" for line in (*lines, f"{user} {group} {mode} {path}"))
        context.root.write(_OVERRIDES, text.encode(), source="dpkg's database")
        if "update" in options and context.root.leads_to(path) is not None:
            set_owner(call, path, f"{user}:{group}")
            set_mode(call, path, mode)
        return 0
    raise call.refuse()


def _ucf(context: Context, call: Call) -> int:
    """ucf(1): a configuration file that is not there yet is the package's."""
    words = words_of(call, "", long="debconf-ok three-way", valued="")
    new, path = words.operands
    content = context.root.read(new)
    if content is None:
        return 1
    if context.root.leads_to(path) is None:
        context.root.write(path, content, source=str(context.package.deb))
    if not path.isprintable():
        raise call.refuse("with a path that is more than a line")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    there = (context.root.read(_UCF) or b"").decode()
    context.root.write(_UCF, f"{there}{digest}  {path}\n".encode(), source="ucf")
    return 0


def _alternatives(context: Context, call: Call) -> int:
    words = list(call.words)
    while words and words[0] in {"--quiet", "--force", "--verbose"}:
        words.pop(0)
    match words:
        case ["--install", link, name, path, priority, *rest]:
            slaves = list(_slaves(call, rest))
            if context.root.leads_to(path) is None:
                return 2
            choice = Choice(
                path=path,
                priority=_priority(call, priority),
                slaves={slave: own for _, slave, own in slaves},
            )
            links = {slave: link for link, slave, _ in slaves}
            install_alternative(context.root, name, link, choice, links)
            return 0
        case ["--remove", name, path]:
            remove_choice(context.root, name, path)
            return 0
        case ["--query", name]:
            return _queried(context, call, name)
        case ["--auto" | "--remove-all" | "--list" | "--display", name]:
            if context.root.read(f"var/lib/dpkg/alternatives/{name}") is None:
                return 2
            raise call.refuse()
        case _:
            raise call.refuse()


def _priority(call: Call, text: str) -> int:
    if not _PRIORITY.fullmatch(text):
        raise call.refuse("with a priority that is no number")
    return int(text)


def _queried(context: Context, call: Call, name: str) -> int:
    group = read_alternative(context.root, name)
    if group is None:
        return 2
    value = context.root.target(f"/etc/alternatives/{name}") or "none"
    call.say(f"Name: {name}\nLink: {group.link}\nStatus: {group.status}\n")
    call.say(f"Best: {group.best.path}\nValue: {value}\n")
    return 0


def _slaves(call: Call, words: list[str]) -> Iterator[tuple[str, str, str]]:
    left = [word for word in words if word not in {"--quiet", "--force"}]
    while left:
        option, link, name, path, *left = left if len(left) >= 4 else ["", "", "", ""]  # noqa: PLR2004
        if option != "--slave":
            raise call.refuse()
        yield link, name, path
