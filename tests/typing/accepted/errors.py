"""What went wrong, for those who call Lading from a program of theirs."""

from __future__ import annotations

from typing import assert_type

from lading import (
    BuildError,
    FreezeError,
    Image,
    ImageError,
    LadingError,
    Location,
    Problem,
    RegistryError,
    ResolutionError,
    SpecificationError,
)


def messages(image: Image) -> list[str]:
    try:
        image.freeze("build")
    except BuildError as error:
        assert_type(error.exit_code, int | None)
    except (FreezeError, ResolutionError, RegistryError, ImageError) as error:
        return [problem.message for problem in error.problems]
    except LadingError as error:
        assert_type(error.problems, tuple[Problem, ...])
        first = error.problems[0]
        assert_type(first.location, Location | None)
        assert_type(first.hint, str | None)
        assert_type(first.detail, str | None)
        if first.location is not None:
            assert_type(first.location.file, str)
            assert_type(first.location.line, int)
    return []


def refused() -> Exception:
    here = Location("service.py", 3)
    problem = Problem(message="no", location=here, hint="yes", detail=None)
    error = SpecificationError([problem])
    as_value_error: ValueError = error
    as_ours: LadingError = error
    assert_type(BuildError("no engine", hint="install one", exit_code=2), BuildError)
    return as_value_error if here < Location("service.py", 4) else as_ours
