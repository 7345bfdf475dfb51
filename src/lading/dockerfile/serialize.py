"""The one place that knows how a Dockerfile quotes.

Two families of parsers read what is written here: BuildKit's, from the one inside Docker 20.10 to
today's, and openshift/imagebuilder's, which buildah and podman use. Each form below is one that
both read alike. Nothing here needs a newer frontend: no here-documents, no `COPY --link`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, assert_never

from lading.dockerfile.instructions import (
    Add,
    BindMount,
    Blank,
    CacheMount,
    Cmd,
    Comment,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    PathEnv,
    Run,
    RunAll,
    SecretMount,
    Shell,
    SshMount,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lading.dockerfile.instructions import Instruction, Mount

__all__ = ["serialize"]

_CONTINUED = " \\\n    "
# A leading "-" stays out: a label `--name` would be read as a flag.
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,-]*")
# What Docker's word lexer (frontend/dockerfile/shell) acts on outside quotes. It skips a byte order
# mark at the start, and "<<" in an argument of COPY opens a here-document even in its JSON form.
_LEXED = re.compile(r"[\\'\"$<]|\A\ufeff")
_DIRECTIVE = re.compile(r"#\s*[A-Za-z][A-Za-z0-9]*\s*=")
# bufio.MaxScanTokenSize, the longest line that BuildKit reads, less the line feed and one.
_LONGEST_LINE = 64 * 1024 - 2


def serialize(instructions: Iterable[Instruction]) -> str:
    """Write a Dockerfile: LF only, ending in one newline.

    Args:
        instructions: What it says, in order.

    Raises:
        Invalid: A line would be longer than BuildKit reads.
    """
    text = "\n".join(_write(instruction) for instruction in instructions).strip("\n")
    if _DIRECTIVE.match(text):
        # Directives such as `# escape=` end at the first line that is none.
        text = f"#\n{text}"
    _check_lengths(text)
    return f"{text}\n"


def _check_lengths(text: str) -> None:
    for line in text.split("\n"):
        if len(line.encode()) > _LONGEST_LINE:
            raise Invalid(
                f"a line of the Dockerfile is too long for BuildKit: {line[:60]!r}...",
                hint="move a long command into a script",
            )


def _write(instruction: Instruction) -> str:  # noqa: C901, PLR0911, PLR0912 - a closed set
    """One instruction as text, without its final newline."""
    match instruction:
        case From(image=image, stage=stage):
            return f"FROM {image}" if stage is None else f"FROM {image} AS {stage}"
        case Run(command=command, mounts=mounts):
            return _run(mounts, _shell(command))
        case RunAll():
            return _run(instruction.mounts, _shell_lines(instruction))
        case Copy():
            return _copy(instruction)
        case Add(archive=archive, folder=folder):
            return f"ADD {_path_list((archive, folder))}"
        case Env(variables=variables):
            return _pairs("ENV", variables)
        case PathEnv():
            return _path(instruction)
        case Shell(argv=argv):
            return f"SHELL {_json(argv)}"
        case Workdir(path=path):
            return f"WORKDIR {_word(path)}"
        case User(user=user):
            return f"USER {user}"
        case Expose(ports=ports):
            return " ".join(("EXPOSE", *ports))
        case Volume(paths=paths):
            return f"VOLUME {_json([_escaped(path) for path in paths])}"
        case Label(pairs=pairs):
            return _pairs("LABEL", pairs)
        case Entrypoint(argv=argv):
            return f"ENTRYPOINT {_json(argv)}"
        case Cmd(argv=argv):
            return f"CMD {_json(argv)}"
        case Healthcheck():
            return _healthcheck(instruction)
        case StopSignal(signal=signal):
            return f"STOPSIGNAL {signal}"
        case Comment(text=text):
            return _comment(text)
        case Blank():
            return ""
        case _:
            assert_never(instruction)


def _run(mounts: Sequence[Mount], command: str) -> str:
    return "RUN " + _CONTINUED.join((*(f"--mount={_mount(mount)}" for mount in mounts), command))


def _shell(script: str) -> str:
    return script if _survives_parsing(script) else _json(("/bin/sh", "-c", script))


def _shell_lines(run: RunAll) -> str:
    if not _survives_parsing(run.script):
        return _json(("/bin/sh", "-c", run.script))
    return f" &&{_CONTINUED}".join(run.commands)


def _survives_parsing(script: str) -> bool:
    """Whether a parser hands this text to the shell as it stands.

    It takes a leading "--" for a flag, "[" for JSON and "#" on a continued line for a comment, a
    final backslash for a continuation, and "<<" for a here-document; it trims spaces; and some
    readers end a line at other characters than LF.
    """
    printable = all(char == "\t" or char.isprintable() for char in script)
    return (
        printable
        and script == script.strip()
        and not script.startswith(("--", "[", "#"))
        and not script.endswith("\\")
        and "<<" not in script
    )


def _mount(mount: Mount) -> str:
    match mount:
        case BindMount():
            fields = _bind_fields(mount)
        case CacheMount():
            fields = ["type=cache", f"id={mount.id}", f"target={mount.target}", "sharing=locked"]
        case SecretMount():
            fields = _secret_fields(mount)
        case SshMount():
            fields = ["type=ssh", "required=true"]
        case _:
            assert_never(mount)
    return ",".join(fields)


def _bind_fields(mount: BindMount) -> list[str]:
    fields = ["type=bind"]
    if mount.from_stage is not None:
        fields.append(f"from={mount.from_stage}")
    return [*fields, f"source={mount.source}", f"target={mount.target}"]


def _secret_fields(mount: SecretMount) -> list[str]:
    fields = ["type=secret", f"id={mount.id}"]
    if mount.target is not None:
        fields.append(f"target={mount.target}")
    return [*fields, "required=true"] if mount.required else fields


def _copy(copy: Copy) -> str:
    flags = () if copy.from_stage is None else (f"--from={copy.from_stage}",)
    if copy.owner is not None:
        flags = (*flags, f"--chown={copy.owner}")
    paths = [*(_unpatterned(source) for source in copy.sources), copy.destination]
    return " ".join(("COPY", *flags, _path_list(paths)))


def _path_list(paths: Sequence[str]) -> str:
    if all(_BARE.fullmatch(path) for path in paths):
        return " ".join(paths)
    return _json([_escaped(path) for path in paths])


def _unpatterned(path: str) -> str:
    """The pattern that matches this one path.

    A class of one character and not a backslash, because BuildKit takes a path with nothing but
    escaped characters for no pattern at all, and then looks for the backslashes.
    """
    return re.sub(
        r"[*?\[\\]", lambda found: "[\\\\]" if found[0] == "\\" else f"[{found[0]}]", path
    )


def _healthcheck(check: Healthcheck) -> str:
    if check.argv is None:
        return "HEALTHCHECK NONE"
    flags = [
        f"--{name}={value}"
        for name, value in (
            ("interval", check.interval),
            ("timeout", check.timeout),
            ("start-period", check.start_period),
        )
        if value is not None
    ]
    if check.retries is not None:
        flags.append(f"--retries={check.retries}")
    return " ".join(("HEALTHCHECK", *flags, "CMD", _json(check.argv)))


def _comment(text: str) -> str:
    """Each line as a comment, a line being what any reader could take for one."""
    lines = ["".join(filter(str.isprintable, line)) for line in text.splitlines()]
    return "\n".join(f"# {line}".rstrip() for line in lines) or "#"


def _pairs(keyword: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{keyword} " + _CONTINUED.join(f"{_word(key)}={_word(value)}" for key, value in pairs)


def _path(path: PathEnv) -> str:
    parts = [
        *(_in_double_quotes(folder) for folder in path.before),
        *(("${PATH}",) if path.inherited else ()),
        *(_in_double_quotes(folder) for folder in path.after),
    ]
    return f'ENV PATH="{":".join(parts)}"'


def _in_double_quotes(text: str) -> str:
    return re.sub(r'[\\"$]', r"\\\g<0>", text)


def _word(text: str) -> str:
    """A word that the lexer reads back as this text."""
    if _BARE.fullmatch(text):
        return text
    if not re.search(r'[\\"$]', text):
        return f'"{text}"'
    return _pieces(text)


def _pieces(text: str) -> str:
    """A word of quoted pieces, for text that double quotes alone don't keep.

    BuildKit, imagebuilder, dockerfile-parse and hadolint disagree on a backslash inside quotes.
    They agree that two outside quotes are one, that single quotes keep the rest, and double ones a
    single quote. The last character is a quote, since imagebuilder takes any final backslash for a
    continuation.
    """
    word = ""
    for piece in re.findall(r"\\+|'+|[^\\']+", text):
        if piece[0] == "\\":
            word += piece * 2
        else:
            word += f'"{piece}"' if piece[0] == "'" else f"'{piece}'"
    return f'{word}""' if word.endswith("\\") else word


def _escaped(text: str) -> str:
    """A JSON string's content that the lexer reads back as this text."""
    return _LEXED.sub(r"\\\g<0>", text)


def _json(words: Sequence[str]) -> str:
    """A JSON array (RFC 8259) on one line, as Go's encoding/json reads it.

    What is not printable is escaped: no reader may take U+2028 or a control character for a line's
    end.
    """
    return f"[{', '.join(_json_string(word) for word in words)}]"


def _json_string(word: str) -> str:
    plain = json.dumps(word, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in plain)
