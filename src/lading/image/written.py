"""Calls of an `Image`, written as the code that makes them.

The value of no secret is known here, and where one comes from is a matter of the machine: a secret
is written by its name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, assert_never

from lading.grammar.credentials import redact
from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.secret import Secret
from lading.grammar.size import parse_size, written_size
from lading.grammar.words import visible
from lading.image import steps
from lading.image.words import LAYER_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.image import Image
    from lading.image.steps import Step

__all__ = ["written_argument", "written_image", "written_line", "written_step"]


def written_image(image: Image) -> str:
    """The constructor's call, with the arguments that are written."""
    base, arguments = image.base_image, image._said()  # noqa: SLF001 - the same room
    if not isinstance(base, DockerfileBase):
        return _call("Image", **arguments)
    del arguments["base_image"]
    return _call("Image.from_dockerfile", base.path.text, **_of_dockerfile(base), **arguments)


def written_argument(name: str, value: object) -> str:
    """One argument of the constructor, as its call has it."""
    return redact(f"{name}={_value(value)}")


def _of_dockerfile(base: DockerfileBase) -> dict[str, object]:
    own = base.path.text.rpartition("/")[0] or "."
    return {
        "context": base.context.text if base.context.text != own else None,
        "target": base.target,
        "build_args": dict(base.build_args) or None,
    }


def written_line(step: Step) -> str:
    """A step as a line below the constructor's call: what no call adds is a comment."""
    written = written_step(step)
    return written if isinstance(step, steps.TextFile) else f".{written}"


def written_step(step: Step) -> str:
    """The call of one step; of one for some platforms as the call that says so has it."""
    called = _written(step)
    if not step.platforms:
        return called
    return f"for_platform({_value(_platforms(step))}, lambda image: image.{called})"


def _platforms(step: Step) -> str | tuple[str, ...]:
    names = tuple(map(str, step.platforms))
    return names[0] if len(names) == 1 else names


def _written(step: Step) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a call
    match step:
        case steps.PythonPackages():
            return _python_packages(step)
        case steps.RequirementsFile(path=path):
            return _call("requirements_file", path.text, secrets=step.secrets or None)
        case steps.PyprojectToml():
            return _project("pyproject_toml", step)
        case steps.UvLock():
            return _project("uv_lock", step)
        case steps.ScriptRequirements(path=path):
            return _call("script_requirements", path.text, secrets=step.secrets or None)
        case steps.BuildPackages():
            return _call("build_packages", *step.packages, **dict(step.by_distro))
        case steps.SystemPackages():
            return _call("system_packages", *step.packages, **dict(step.by_distro))
        case steps.Run(command=command):
            return _call("run", command, secrets=step.secrets or None)
        case steps.RunScript(path=path):
            return _call("run_script", path.text, *step.arguments, secrets=step.secrets or None)
        case steps.BuildInclude():
            to = step.to.text if step.to else None
            exclude = tuple(one.text for one in step.exclude)
            return _call(
                "build_include",
                *(one.text for one in step.patterns),
                to=to,
                exclude=exclude or None,
            )
        case steps.Model():
            return _model(step)
        case steps.TextFile(path=path):
            return f"# {path.text}, which no call adds: it stands for Lading in the container"
        case steps.Env(variables=variables):
            return _call("env", dict(variables))
        case steps.Index():
            return _index(step)
        case steps.Workdir(path=path):
            return _call("workdir", path.text)
        case steps.User():
            return _call("user", step.uid, group=step.gid, name=step.name, home=step.home.text)
        case steps.Expose(ports=ports):
            return _call("expose", *map(str, ports))
        case steps.Volume(paths=paths):
            return _call("volume", *(one.text for one in paths))
        case steps.Label(labels=labels):
            return _call("label", dict(labels))
        case steps.Entrypoint(argv=argv):
            return _call("entrypoint", *argv)
        case steps.Cmd(argv=argv):
            return _call("cmd", *argv)
        case steps.Healthcheck():
            return _healthcheck(step)
        case steps.StopSignal(signal=signal):
            return _call("stop_signal", signal)
        case steps.FromImage():
            return "pipe(Image.from_image)"
        case _:
            assert_never(step)


def _model(step: steps.Model) -> str:
    is_usual = step.layer_size == parse_size(LAYER_SIZE)
    return _call(
        "model",
        *(one.text for one in step.patterns),
        to=step.to.text if step.to else None,
        exclude=tuple(one.text for one in step.exclude) or None,
        layer_size=None if is_usual else written_size(step.layer_size),
    )


def _python_packages(step: steps.PythonPackages) -> str:
    return _call(
        "python_packages",
        *(str(one) for one in step.requirements),
        no_binary=step.no_binary or None,
        no_build_isolation=step.no_build_isolation or None,
        requires={name: tuple(map(str, found)) for name, found in step.requires} or None,
        build_constraints=tuple(map(str, step.build_constraints)) or None,
        secrets=step.secrets or None,
    )


def _project(name: str, step: steps.PyprojectToml | steps.UvLock) -> str:
    return _call(
        name,
        step.path.text,
        extras=step.extras or None,
        groups=step.groups or None,
        secrets=step.secrets or None,
    )


def _index(step: steps.Index) -> str:
    return _call(
        "index",
        step.url,
        name=step.name,
        packages=step.packages or None,
        default=step.default or None,
        secret=step.secret,
        username=step.username,
        netrc=step.netrc,
        client_certificate=step.client_certificate,
    )


def _healthcheck(step: steps.Healthcheck) -> str:
    return _call(
        "healthcheck",
        *step.argv,
        interval=step.interval,
        timeout=step.timeout,
        start_period=step.start_period,
        retries=step.retries,
    )


def _call(called: str, /, *words: object, **options: object) -> str:
    """The call; options that are None were left out."""
    given = (f"{key}={_value(value)}" for key, value in options.items() if value is not None)
    return redact(f"{called}({', '.join((*map(_value, words), *given))})")


def _value(value: object) -> str:
    match value:
        case str():
            return visible(json.dumps(value, ensure_ascii=False))
        case Secret():
            return _call("secret", value.id, version=value.version, variable=value.variable)
        case dict():
            return f"{{{', '.join(_pairs(value.items()))}}}"
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return repr(value)


def _pairs(items: Iterable[tuple[object, object]]) -> Iterator[str]:
    for key, value in items:
        yield f"{_value(key)}: {_value(value)}"
