"""`ImageInfo`: an image with nothing left to choose, free of any engine and any generator."""

from lading.info.config import Config, Healthcheck, User
from lading.info.model import Below, ImageInfo, PackageIndex
from lading.info.steps import (
    ContextFile,
    CopyFiles,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SecretUse,
    SetEnv,
    SourceFolder,
    Step,
)

__all__ = [
    "Below",
    "Config",
    "ContextFile",
    "CopyFiles",
    "Healthcheck",
    "ImageInfo",
    "InstallPython",
    "InstallSystem",
    "PackageIndex",
    "RunCommand",
    "RunScript",
    "SecretUse",
    "SetEnv",
    "SourceFolder",
    "Step",
    "User",
]
