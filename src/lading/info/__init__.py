"""`ImageInfo`: an image with nothing left to choose, free of any engine and any generator."""

from lading.info.model import (
    Below,
    Config,
    ContextFile,
    CopyFiles,
    Healthcheck,
    ImageInfo,
    InstallPython,
    InstallSystem,
    PackageIndex,
    RunCommand,
    RunScript,
    SecretUse,
    SetEnv,
    SourceFolder,
    Step,
    User,
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
