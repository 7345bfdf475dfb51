"""Images as hypothesis draws them: a list of calls, each a method's name and its arguments."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import strategies as st

from lading import Image, secret

Call: TypeAlias = tuple[str, tuple[Any, ...], dict[str, Any]]
Recipe: TypeAlias = list[Call]


def _call(name: str, /, *words: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401 - hypothesis's type
    return st.tuples(st.just(name), st.tuples(*words), st.fixed_dictionaries(options))


names = st.sampled_from(["curl", "libgomp1", "git"])
packages = st.sampled_from(["fastapi", "numpy>=2", "pandas[excel]==2.2.3"])
files = st.sampled_from(["a.txt", "data/b.json", "src"])
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
values = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
lists = st.lists(names, max_size=2)
secrets = st.lists(
    st.sampled_from(["token", secret("a", version="1"), secret("b", file="c"), secret("d")]),
    max_size=2,
)

calls: st.SearchStrategy[Recipe] = st.lists(
    st.one_of(
        _call("system_packages", names, alpine=lists, debian=lists),
        _call("python_packages", packages, packages),
        _call("python_packages", packages, no_binary=st.just(["numpy"])),
        _call(
            "python_packages",
            packages,
            no_build_isolation=st.just(["numpy"]),
            requires=st.just({"numpy": ["a", "b>1"]}),
            secrets=secrets,
        ),
        _call("build_packages", names, alpine=lists, debian=lists),
        _call("script_requirements", files, secrets=secrets),
        _call("requirements_file", files),
        _call("pyproject_toml", extras=st.just(["gpu"])),
        _call("uv_lock", groups=st.just(["dev"])),
        _call("index", st.just("https://index.example.test/simple")),
        _call(
            "index",
            st.just("https://corp.example.test/simple"),
            name=st.just("corp"),
            packages=st.just(["a"]),
            secret=st.sampled_from(["TOKEN", secret("TOKEN", env="CI")]),
        ),
        _call("run", text.filter(str.strip), secrets=secrets),
        _call("run_script", files, text),
        _call("build_include", files, exclude=st.just(["*.tmp"])),
        _call(
            "model", files, exclude=st.just(["*.md"]), layer_size=st.sampled_from(["1MB", "2GB"])
        ),
        _call("env", st.dictionaries(st.sampled_from(["A", "B", "PATH"]), values, max_size=2)),
        _call("workdir", st.sampled_from(["/app", "/srv"])),
        _call("user", st.integers(1, 60000)),
        _call("expose", st.integers(1, 65535)),
        _call("volume", st.sampled_from(["/data", "/cache"])),
        _call("label", st.dictionaries(st.sampled_from(["a", "b.c"]), values, max_size=2)),
        _call("entrypoint", st.sampled_from(["python", "sh"])),
        _call("cmd", st.sampled_from(["python", "sh"]), st.just("-c"), text),
        _call("healthcheck", st.just("true"), interval=st.sampled_from(["30s", 5])),
        _call("stop_signal", st.sampled_from(["SIGINT", 15])),
    ),
    max_size=6,
)


def made(recipe: Recipe, image: Image | None = None) -> Image:
    """The image that the calls make, one after another."""
    image = image or Image(distro="debian")
    for name, words, options in recipe:
        image = getattr(image, name)(*words, **options)
    return image
