"""`Image`: what the runtime environment of a model server must hold.

Each call returns a new `Image`; the one it is called on stays as it was, and nothing that is handed
in is kept by reference. Every word is checked in the call that brings it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypedDict, TypeVar

from lading.distros import Distro, infer_distro, parse_distro
from lading.errors import Location  # noqa: TC001 - a dataclass field
from lading.grammar.duration import parse_duration
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.path import ContainerPath, ProjectPath
from lading.grammar.port import Port
from lading.grammar.python_version import PythonVersion
from lading.grammar.reference import ImageReference
from lading.grammar.requirement import Requirement, parse_package_name
from lading.grammar.secret_id import parse_secret_id
from lading.grammar.signal import parse_signal
from lading.grammar.system_package import parse_any_system_package
from lading.grammar.url import parse_index_name, parse_index_url
from lading.grammar.user import parse_uid, parse_user_name
from lading.grammar.words import expect_words
from lading.image import steps
from lading.image.call import Call
from lading.image.pythons import check_base, default_python
from lading.image.system import packages_for
from lading.image.words import (
    expect_names,
    pairs,
    parse_argument,
    parse_argv,
    parse_command,
    parse_distro_keyword,
    parse_file,
    parse_flag,
    parse_label,
    parse_retries,
    parse_variable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from os import PathLike
    from typing import Unpack

    from lading.info import ImageInfo

__all__ = ["Image"]

P = ParamSpec("P")
T = TypeVar("T")


class Arguments(TypedDict, total=False):
    """The constructor's arguments, which `Image.replace` takes too."""

    base_image: str | None
    distro: str | None
    python_version: str | None
    lock_python_packages: bool
    compile_bytecode: bool


@dataclass(frozen=True, slots=True, init=False)
class Image:
    """An immutable description of a container image for a Python model server.

    Args:
        base_image: What to build on, such as `"nvidia/cuda:12.4.1-runtime-ubuntu22.04"`. Left out,
            it is the distro's own base for that Python version.
        distro: `"debian"`, `"debian:bookworm"`, `"ubuntu:24.04"`, `"alpine:3.20"`, `"ubi9"`,
            `"amazonlinux:2023"`, ... Left out, it is read off a well-known base image's name, and
            is Debian where there is no base image either.
        python_version: `"3.12"` or `"3.12.4"`. Left out, it is the constant documented for the
            distro, never the version of the machine at hand.
        lock_python_packages: Whether Python packages are resolved into `lading.lock` and installed
            by hash. Without, the requirements are installed as written.
        compile_bytecode: Whether installed modules are byte-compiled while building, which makes
            the image larger and the first import faster.

    Raises:
        SpecificationError: A word is invalid; all invalid words of a call are reported together.
    """

    base_image: ImageReference | None
    declared_distro: Distro | None
    declared_python: PythonVersion | None
    lock_python_packages: bool
    compile_bytecode: bool
    steps: tuple[steps.Step, ...]
    location: Location = field(compare=False)

    def __init__(
        self,
        base_image: str | None = None,
        distro: str | None = None,
        python_version: str | None = None,
        lock_python_packages: bool = True,  # noqa: FBT001, FBT002 - the field's known call
        *,
        compile_bytecode: bool = False,
    ) -> None:
        with Call() as call:
            self._set(
                base_image=call.maybe(ImageReference.parse, base_image),
                declared_distro=call.maybe(parse_distro, distro),
                declared_python=call.maybe(PythonVersion.parse, python_version),
                lock_python_packages=parse_flag("lock_python_packages", lock_python_packages),
                compile_bytecode=parse_flag("compile_bytecode", compile_bytecode),
                steps=(),
                location=call.location,
            )
        with Call():
            check_base(self.base_image, self.distro, self.python_version)

    # What follows from what was declared.

    @property
    def distro(self) -> Distro | None:
        """The distribution inside: declared, else told by the base image, else unknown (None)."""
        if self.declared_distro is not None:
            return self.declared_distro
        return parse_distro("debian") if self.base_image is None else infer_distro(self.base_image)

    @property
    def python_version(self) -> PythonVersion:
        """The Python version: declared, else a constant for the distro and base image."""
        return self.declared_python or default_python(self.distro, self.base_image)

    # Python packages.

    def python_packages(self, *requirements: str, no_binary: Sequence[str] = ()) -> Image:
        """Install Python packages.

        Args:
            *requirements: PEP 508 requirements, direct URLs, `git+https://...`, or paths of wheels.
            no_binary: Names of packages to compile from source, in a stage that is not shipped.
        """
        example = 'python_packages("fastapi", "pandas>=2")'
        with Call() as call:
            words = expect_words("python_packages", requirements, example=example)
            names = expect_words("no_binary", no_binary, example='no_binary=["pyaudio"]')
            step = steps.PythonPackages(
                requirements=call.each(Requirement.parse, words),
                no_binary=call.each(parse_package_name, names),
                location=call.location,
            )
        return self._add(step)

    def requirements_file(self, path: str) -> Image:
        """Install what a requirements.txt of the project lists (or a pylock.toml, PEP 751)."""
        with Call() as call:
            step = steps.RequirementsFile(path=ProjectPath.parse(path), location=call.location)
        return self._add(step)

    def pyproject_toml(
        self,
        path: str = "pyproject.toml",
        *,
        extras: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> Image:
        """Install the dependencies that a pyproject.toml declares (not the project itself)."""
        with Call() as call:
            step = steps.PyprojectToml(
                path=ProjectPath.parse(path),
                extras=call.each(parse_package_name, expect_names("extras", extras)),
                groups=call.each(parse_package_name, expect_names("groups", groups)),
                location=call.location,
            )
        return self._add(step)

    def uv_lock(
        self, path: str = "uv.lock", *, extras: Sequence[str] = (), groups: Sequence[str] = ()
    ) -> Image:
        """Install the versions that a uv.lock pins, with its hashes."""
        with Call() as call:
            step = steps.UvLock(
                path=ProjectPath.parse(path),
                extras=call.each(parse_package_name, expect_names("extras", extras)),
                groups=call.each(parse_package_name, expect_names("groups", groups)),
                location=call.location,
            )
        return self._add(step)

    def index(self, url: str, *, name: str | None = None, default: bool = False) -> Image:
        """Resolve Python packages from this index: before the default one, or instead of it.

        The URL must not hold credentials: they come from a netrc file or from the resolver's own
        environment variables (`UV_INDEX_<NAME>_USERNAME`, `UV_INDEX_<NAME>_PASSWORD`).
        """
        with Call() as call:
            step = steps.Index(
                url=parse_index_url(url),
                name=call.maybe(parse_index_name, name),
                default=parse_flag("default", default),
                location=call.location,
            )
        return self._add(step)

    # System packages.

    def system_packages(self, *packages: str, **by_distro: Sequence[str]) -> Image:
        """Install packages of the distribution.

        Args:
            *packages: Names for whatever distro the image has.
            **by_distro: Names for one distro only: `debian=["libgomp1"], alpine=["libgomp"]`.
        """
        example = 'system_packages("curl", "libgomp1")'
        with Call() as call:
            words = expect_words("system_packages", packages, example=example)
            step = steps.SystemPackages(
                packages=call.each(parse_any_system_package, words),
                by_distro=tuple(
                    (
                        parse_distro_keyword(keyword),
                        call.each(parse_any_system_package, expect_names(keyword, names)),
                    )
                    for keyword, names in by_distro.items()
                ),
                location=call.location,
            )
            packages_for(step, self.distro)
        return self._add(step)

    # Commands and files.

    def run(self, command: str, *, secrets: Sequence[str] = ()) -> Image:
        """Run a POSIX shell command as root, between the steps before and after it.

        Args:
            command: Shell text, of one line or many.
            secrets: Ids of build secrets, each readable at `/run/secrets/<id>` for this command.
        """
        with Call() as call:
            step = steps.Run(
                command=parse_command(command),
                secrets=call.each(parse_secret_id, expect_names("secrets", secrets)),
                location=call.location,
            )
        return self._add(step)

    def run_script(self, path: str, *arguments: str, secrets: Sequence[str] = ()) -> Image:
        """Run a script of the project, which must begin with a `#!` line, as root."""
        with Call() as call:
            words = expect_words(
                "run_script", arguments, example='run_script("setup.sh", "--all")', letters=True
            )
            step = steps.RunScript(
                path=parse_file(path),
                arguments=tuple(parse_argument(word) for word in words),
                secrets=call.each(parse_secret_id, expect_names("secrets", secrets)),
                location=call.location,
            )
        return self._add(step)

    def build_include(
        self, *patterns: str, to: str | None = None, exclude: Sequence[str] = ()
    ) -> Image:
        """Copy files and folders of the project into the image.

        Args:
            *patterns: Paths or glob patterns (`src`, `*.py`, `data/**/*.json`), each kept at its
                path in the project.
            to: The directory that they go below; the working directory where left out.
            exclude: Patterns of what to leave out.
        """
        example = 'build_include("service.py", "model")'
        with Call() as call:
            words = expect_words("build_include", patterns, example=example)
            step = steps.BuildInclude(
                patterns=call.each(ProjectPath.parse, words),
                to=call.maybe(ContainerPath.parse, to),
                exclude=call.each(ProjectPath.parse, expect_names("exclude", exclude)),
                location=call.location,
            )
        return self._add(step)

    # Configuration of the container.

    def env(self, variables: Mapping[str, str | None] | None = None, /, **more: str | None) -> Image:
        """Set environment variables, for the commands after this call and for the container.

        A value arrives byte for byte: nothing in it is expanded. The one exception is `PATH`, where
        an entry `$PATH` stands for the base image's own. A variable whose value is None is one that
        is given when the container is started; it adds nothing to the image.
        """
        with Call() as call:
            parsed = call.each(parse_variable, pairs("env", variables, more))
            set_now = tuple((name, value) for name, value in parsed if value is not None)
            step = steps.Env(variables=set_now, location=call.location)
        return self._add(step)

    def workdir(self, path: str) -> Image:
        """Set the working directory (`/app` where never called)."""
        with Call() as call:
            step = steps.Workdir(path=ContainerPath.parse(path), location=call.location)
        return self._add(step)

    def user(
        self, uid: int | str, *, group: int | str = 0, name: str = "lading", home: str | None = None
    ) -> Image:
        """Run the container as this numeric user (10001, in group 0, where never called).

        Args:
            uid: The numeric user id. 0 is root.
            group: The numeric group id. 0 lets a platform choose another uid at start.
            name: The name in `/etc/passwd`, where the image has no user of that id yet.
            home: The home directory, writable by the group; `/home/<name>` (root's: `/root`) where left out.
        """
        with Call() as call:
            word = parse_user_name(name)
            number = parse_uid(uid)
            usual = f"/home/{word}" if number else "/root"
            step = steps.User(
                uid=number,
                gid=parse_uid(group),
                name=word,
                home=ContainerPath.parse(usual if home is None else home),
                location=call.location,
            )
        return self._add(step)

    def expose(self, *ports: int | str) -> Image:
        """Name the ports that the server listens on: `8080`, `"8080/tcp"`."""
        with Call() as call:
            step = steps.Expose(ports=call.each(Port.parse, ports), location=call.location)
        return self._add(step)

    def volume(self, *paths: str) -> Image:
        """Declare directories for data; each is made, and writable by the container's user."""
        with Call() as call:
            words = expect_words("volume", paths, example='volume("/data")')
            parsed = call.each(ContainerPath.parse, words)
            step = steps.Volume(paths=parsed, location=call.location)
        return self._add(step)

    def label(self, labels: Mapping[str, str] | None = None, /, **more: str) -> Image:
        """Set labels: `label({"org.opencontainers.image.source": "https://..."})`."""
        with Call() as call:
            parsed = call.each(parse_label, pairs("label", labels, more))
            step = steps.Label(labels=parsed, location=call.location)
        return self._add(step)

    def entrypoint(self, *argv: str) -> Image:
        """Set the program that always runs, word by word: `entrypoint("python", "-m", "server")`."""
        with Call() as call:
            step = steps.Entrypoint(argv=parse_argv("entrypoint", argv), location=call.location)
        return self._add(step)

    def cmd(self, *argv: str) -> Image:
        """Set the default command, word by word: `cmd("uvicorn", "service:app")`."""
        with Call() as call:
            step = steps.Cmd(argv=parse_argv("cmd", argv), location=call.location)
        return self._add(step)

    def healthcheck(
        self,
        *argv: str,
        interval: str | float | timedelta | None = None,
        timeout: str | float | timedelta | None = None,
        start_period: str | float | timedelta | None = None,
        retries: int | None = None,
    ) -> Image:
        """Set the command that tells whether the server is well, word by word.

        Args:
            *argv: The command; it exits with 0 while the server is well.
            interval: Time between checks: `"30s"`, or seconds as a number.
            timeout: How long one check may take.
            start_period: How long failures don't count after the start.
            retries: How many failures in a row mean that the server is not well.
        """
        with Call() as call:
            step = steps.Healthcheck(
                argv=parse_argv("healthcheck", argv),
                interval=None if interval is None else parse_duration(interval),
                timeout=None if timeout is None else parse_duration(timeout),
                start_period=None if start_period is None else parse_duration(start_period),
                retries=None if retries is None else parse_retries(retries),
                location=call.location,
            )
        return self._add(step)

    def stop_signal(self, signal: str | int) -> Image:
        """Set the signal that asks the server to stop: `"SIGINT"`."""
        with Call() as call:
            step = steps.StopSignal(signal=parse_signal(signal), location=call.location)
        return self._add(step)

    # Variations.

    def replace(self, **changes: Unpack[Arguments]) -> Image:
        """The same image with other constructor arguments: `image.replace(distro="alpine")`.

        Raises:
            SpecificationError: An argument is unknown or invalid, or a step does not fit it (system
                packages that are not named for the new distro, for one).
        """
        with Call() as call:
            arguments = self._arguments()
            for name in changes.keys() - arguments.keys():
                hint = did_you_mean(name, arguments) or f"it takes {', '.join(arguments)}"
                call.refuse(Invalid(f"replace has no argument {name!r}", hint=hint))
        image = Image(**{**arguments, **changes})._copy(steps=self.steps, location=self.location)
        with Call() as call:
            call.each(image._check_step, self.steps)
        return image

    def pipe(
        self,
        function: Callable[Concatenate[Image, P], T],
        /,
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """`function(image, ...)`, so that a variation of one's own chains like any other call."""
        return function(self, *arguments, **options)

    # The next stage.

    def freeze(
        self,
        target: str | PathLike[str],
        *,
        platform: str = "linux/amd64",
        project: str | PathLike[str] = ".",
        locked: bool = False,
        allow_unpinned_base: bool = False,
    ) -> ImageInfo:
        """Decide this image completely, and write it to `target` as a build context.

        Args:
            target: The folder to write; one that an earlier freeze wrote is replaced whole.
            platform: What the image is for; never taken from the machine at hand.
            project: The folder that paths in the steps start from, with `lading.lock` in it.
            locked: Refuse to update the lock, instead of resolving what changed.
            allow_unpinned_base: Go on without the base image's digest where no registry tells it.

        Raises:
            ResolutionError: The requirements can't be resolved for the platform.
            RegistryError: The base image's registry can't be reached or refuses.
            FreezeError: A file is missing, leaves the project, or the lock is out of date.
        """
        from lading.freeze import freeze  # noqa: PLC0415 - the door to the next room; see ADR 1

        return freeze(
            self,
            target,
            platform=platform,
            project=project,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
        )

    # How a changed copy is made.

    def _arguments(self) -> Arguments:
        return {
            "base_image": _text(self.base_image),
            "distro": _text(self.declared_distro),
            "python_version": _text(self.declared_python),
            "lock_python_packages": self.lock_python_packages,
            "compile_bytecode": self.compile_bytecode,
        }

    def _add(self, step: steps.Step) -> Image:
        return self._copy(steps=(*self.steps, step))

    def _copy(self, **changes: object) -> Image:
        image = object.__new__(Image)
        image._set(**{name: getattr(self, name) for name in self.__slots__} | changes)
        return image

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_step(self, step: steps.Step) -> None:
        if isinstance(step, steps.SystemPackages):
            packages_for(step, self.distro)


def _text(word: object) -> str | None:
    return None if word is None else str(word)
