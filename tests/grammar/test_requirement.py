from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement, parse_package_name

SHA = "sha256:" + "a" * 64


def refusal(text: str, *, folder: str = "") -> Invalid:
    with pytest.raises(Invalid) as raised:
        Requirement.parse(text, folder=folder)
    return raised.value


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("scikit-learn==1.5.2", "scikit-learn==1.5.2"),
        ("  Scikit_Learn == 1.5.2 ", "scikit-learn==1.5.2"),
        ("pandas >=2, <3", "pandas<3,>=2"),
        ("uvicorn[Standard, extra_b]", "uvicorn[extra-b,standard]"),
        ("x>=1;python_version<'3.9'", 'x>=1 ; python_version < "3.9"'),
        ("torch==2.5.1+cu118", "torch==2.5.1+cu118"),
        ("x (>=1)", "x>=1"),
        ("x===1.0", "x===1.0"),
        ("x @ https://h.test/x-1.zip", "x @ https://h.test/x-1.zip"),
        ("https://h.test/My_x-1-py3-none-any.whl", "my-x @ https://h.test/My_x-1-py3-none-any.whl"),
        ("https://h.test/x-1.tar.gz", "https://h.test/x-1.tar.gz"),
        (
            "HTTPS://h.test/x-1.tar.gz ; os_name=='nt'",
            'https://h.test/x-1.tar.gz ; os_name == "nt"',
        ),
        ("git+https://h.test/x.git@v1#egg=X[a]", "x[a] @ git+https://h.test/x.git@v1"),
        (
            "git+ssh://git@h.test/x.git@v1#subdirectory=s&egg=x",
            "x @ git+ssh://git@h.test/x.git@v1#subdirectory=s",
        ),
        ("x@git+https://h.test/x.git", "x @ git+https://h.test/x.git"),
        ("git+https://h.test/x.git", "git+https://h.test/x.git"),
        ("./dist/x-1.0-py3-none-any.whl", "x @ ./dist/x-1.0-py3-none-any.whl"),
        ("wheels/x-1.0-py3-none-any.whl[a]", "x[a] @ ./wheels/x-1.0-py3-none-any.whl"),
        ("x-1.0-py3-none-any.whl", "x @ ./x-1.0-py3-none-any.whl"),
        ("./libs//mine/", "./libs/mine"),
        ("dist/x-1.0.tar.gz ; os_name=='nt'", './dist/x-1.0.tar.gz ; os_name == "nt"'),
        (".[gpu]", "./.[gpu]"),
        ("file:libs/mine", "./libs/mine"),
        ("file:./libs/mine[a]", "./libs/mine[a]"),
        ("mine @ file:./libs/mine", "mine @ ./libs/mine"),
        ("file://./libs/mine", "./libs/mine"),
    ],
)
def test_what_pip_and_uv_read_has_one_canonical_form(text: str, canonical: str) -> None:
    read = Requirement.parse(text)
    assert read.text == str(read) == canonical
    assert Requirement.parse(canonical) == read


def test_the_kind_tells_where_it_is_found() -> None:
    texts = ("x>1", "https://h.test/x.zip", "git+https://h.test/x", "./x")
    kinds = [Requirement.parse(text).kind for text in texts]
    assert kinds == ["named", "url", "vcs", "path"]


def test_equal_means_the_same_recipe() -> None:
    assert Requirement.parse("X[b,a]>=1,<2") == Requirement.parse("x[A, B] <2,>=1")
    assert hash(Requirement.parse("X")) == hash(Requirement.parse("x"))
    assert Requirement.parse("x==1") != Requirement.parse("x==2")


def test_hashes_are_kept_sorted_and_once() -> None:
    other = "sha512:" + "0B" * 64
    read = Requirement.parse(f"x==1 --hash={other} --hash {SHA} --hash={SHA.lower()}")
    assert read.hashes == (SHA, other.lower())
    assert read.text == "x==1"


def test_a_hash_in_the_fragment_of_a_url_counts() -> None:
    read = Requirement.parse("x @ https://h.test/x.zip#sha256=" + "a" * 64)
    assert read.hashes == (SHA,)


def test_a_path_starts_from_the_folder_of_its_file() -> None:
    assert Requirement.parse("../wheels/x.zip", folder="sub").path == "wheels/x.zip"
    assert "leaves the project" in refusal("../../x.zip", folder="sub").message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        # CASES R50
        ("requirements.txt", '.requirements_file("requirements.txt")'),
        ("sub/requirements-dev.txt", '.requirements_file("sub/requirements-dev.txt")'),
        ("pylock.gpu.toml", '.requirements_file("pylock.gpu.toml")'),
        ("pyproject.toml", '.pyproject_toml("pyproject.toml")'),
        ("uv.lock", '.uv_lock("uv.lock")'),
        ("environment.yml", ".requirements_file("),
        ("-r base.txt", '.requirements_file("base.txt")'),
        ("--requirement=base.txt", '.requirements_file("base.txt")'),
        ("-c c.txt", ".requirements_file()"),
        ("--index-url https://h.test/simple", '.index("https://h.test/simple", default=True)'),
        ("--extra-index-url https://h.test/s", '.index("https://h.test/s")'),
        ("--find-links wheels", ".requirements_file()"),
        ("x==1 --config-settings a=b", "not supported"),
        ("-e .", 'leave -e out, and write "."'),
        ("-e ./mine", 'write "./mine"'),
        ("-e git+https://h.test/x", 'write "git+https://h.test/x"'),
        ("../x.zip", "into the project"),
        ("numpy=1.2", '"numpy==1.2"'),
        ("numpy 1.2", '"numpy==1.2"'),
        ("numpy=1.2=py39_0", '"numpy==1.2"'),
        ("numpy=>1.2", '"numpy>=1.2"'),
        ("numpy^1.2", '"numpy>=1.2"'),
        ("numpy>=1 <2", '"numpy>=1,<2"'),
        ("numpy pandas", '"numpy", "pandas"'),
        ("numpy@1.2", "numpy==1.2"),
        ("git@h.test:org/x.git", "git+ssh://git@h.test/org/x.git"),
        ("x @ git@h.test:org/x.git", "x @ git+ssh://git@h.test/org/x.git"),
        ("https://h.test/org/x", "git+https://h.test/org/x"),
        ("hg+https://h.test/x", "git+https://"),
        ("dist\\x.zip", "dist/x.zip"),
        ("/abs/x.zip", "into the project"),
        ("C:\\x.zip", "into the project"),
        ("x @ https://h.test/x.zip; os_name=='nt'", "before the `;`"),
        ("./my file.zip", "no spaces"),
        ("x==1 --hash=md5:00", "--hash=sha256:"),
        ("x==1 --hash=sha256:00", "--hash=sha256:"),
        ("git+https://h.test/${ORG}/x", "machine's environment"),
        ("x @ https://b\u00fccher.test/x.zip", "begins with xn--"),
        ("git+https://b%C3%BCcher.test/x", "begins with xn--"),
        ("./x-1.whl", "PEP 427"),
        (".-0-A-!-0.whl", "PEP 427"),
        ("./libs/x#egg=x", "name @ ./path"),
        (f"x==1 --hash={SHA} ; os_name == 'nt'", "after all else"),
        # Files of other tools, each with what exports it.
        ("poetry.lock", "`poetry export -f requirements.txt -o requirements.txt`"),
        ("sub/pdm.lock", "`pdm export -o requirements.txt`"),
        ("Pipfile", "`pipenv requirements --hash > requirements.txt`"),
        ("Pipfile.lock", "`pipenv requirements --hash > requirements.txt`"),
        ("setup.py", "[project]"),
        ("setup.cfg", "[project]"),
    ],
)
def test_a_common_mistake_is_answered_with_the_right_form(text: str, hint: str) -> None:
    assert hint in (refusal(text).hint or "")


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("numpy @ file:///croot/numpy_16/work", "numpy==version"),
        ("numpy @ file:///croot/n/dist/numpy-1.24.3-cp311-cp311-linux_x86_64.whl", "numpy==1.24.3"),
        ("file:///c/dist/my_x-1.0-py3-none-any.whl", "my-x==1.0"),
    ],
)
def test_r23_what_conda_leaves_behind_is_refused_with_a_pin(text: str, pin: str) -> None:
    error = refusal(text)
    assert pin in str(error.hint)
    assert "pip list --format=freeze" in str(error.hint)
    assert "croot" not in error.message


@pytest.mark.parametrize(
    "text",
    [
        "x @ https://user:hunter2@h.test/x.zip",
        "https://hunter2@h.test/x.zip",
        "git+https://hunter2@h.test/x.git",
        "x @ git+https://u:hunter2@h.test/x.git@v1",
        "git+ssh://git:hunter2@h.test/x.git",
        "--index-url https://u:hunter2@h.test/simple",
        "--extra-index-url=https://hunter2@h.test/simple",
        "x @ https://u:hunter2@h.test/x.zip; os_name=='nt'",
        "x @ https://u:hunter2 w@h.test/x.zip",
        "x=1 https://u:hunter2@h.test",
        "x @ file://u:hunter2@h.test/x.zip",
        "https://u:hunter2@h.test/org/repo",
        "https://h.test/x.zip?token=hunter2",
    ],
)
def test_r30_credentials_are_refused_and_never_shown(text: str) -> None:
    error = refusal(text)
    assert "hunter2" not in f"{error.message}{error.hint}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "x @ git+https://hunter2@h.test/o/x.git@v1#subdirectory=s",
            (
                'write git+ssh://git@h.test/o/x.git@v1, with secrets=[secret("deploy_key", '
                'file="~/.ssh/deploy_key")] or an ssh agent'
            ),
        ),
        (
            "x @ https://u:hunter2@h.test/x.zip",
            (
                'require it by name from an index: .index("https://h.test/simple", name="corp", '
                'secret=secret("CORP_PASSWORD")); or put the file into the project'
            ),
        ),
    ],
)
def test_r30_the_form_without_credentials_is_shown(text: str, hint: str) -> None:
    assert refusal(text).hint == hint


@pytest.mark.parametrize("text", ["x ; " + "(" * 3000 + "os_name=='a'" + ")" * 3000, "x" * 100_000])
def test_what_is_nested_or_long_beyond_reason_is_refused(text: str) -> None:
    assert "too long or too deeply nested" in refusal(text).message


def test_a_package_may_end_in_py() -> None:
    assert Requirement.parse("web.py==0.62").name == "web-py"


def test_the_account_of_an_ssh_url_is_no_credential() -> None:
    assert Requirement.parse("git+ssh://git@h.test/x.git").url == "git+ssh://git@h.test/x.git"


@pytest.mark.parametrize("text", ["x\nRUN id", "x\r", "x\0", "x\u2028y", "x\x1b[0m", "", "  "])
def test_r3_a_line_break_or_control_character_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "revision",
    [
        *("", "-v1", "--upload-pack=touch", "v1..v2", "v 1", "v1;id", "$(id)", "a^b", "a~1"),
        *("a:b", "%2Dx", "v1%0a", "@{1}", "../x", "a\\b", "é"),
    ],
)
def test_r3_a_git_revision_becomes_no_option(revision: str) -> None:
    for host in ("git+https://h.test", "git+ssh://git@h.test"):
        assert refusal(f"x @ {host}/x.git@{revision}").hint
        assert refusal(f"{host}/x.git@{revision}#egg=x").hint


@pytest.mark.parametrize(
    "revision", ["v1", "main", "0" * 40, "feature/a-b", "1.0+cpu", "release_2", "a/b.c"]
)
def test_a_git_revision_is_a_tag_a_branch_or_a_hash(revision: str) -> None:
    url = f"git+ssh://git@h.test/x.git@{revision}"
    assert Requirement.parse(url).url == url


@pytest.mark.parametrize(
    "authority", ["-oProxyCommand=id", "git@-oProxyCommand=id", "-o@h.test", "%2Dh.test", "-h:22"]
)
def test_r3_a_host_becomes_no_option(authority: str) -> None:
    assert refusal(f"git+ssh://{authority}/x.git").hint
    assert refusal(f"x @ git+ssh://{authority}/x.git@v1#egg=x").hint


def test_r3_the_host_of_an_archive_becomes_no_option() -> None:
    assert "letter" in (refusal("https://-h.test/x.zip").hint or "")


@pytest.mark.parametrize(
    "folder", ["", "/etc", "..", "../x", "a/../../b", "-x", "--x", "%2e%2e/x", "%2Fetc", "a\\b"]
)
@pytest.mark.parametrize("url", ["git+https://h.test/x.git@v1", "https://h.test/x.tar.gz"])
def test_r3_a_subdirectory_stays_inside_and_becomes_no_option(url: str, folder: str) -> None:
    assert "relative path" in (refusal(f"{url}#subdirectory={folder}").hint or "")
    assert "relative path" in (refusal(f"x @ {url}#egg=x&subdirectory={folder}").hint or "")


def test_a_subdirectory_is_a_folder_inside() -> None:
    for url in ("git+https://h.test/x.git", "https://h.test/x.zip"):
        read = Requirement.parse(f"{url}#subdirectory=packages/a-b")
        assert read.url == f"{url}#subdirectory=packages/a-b"


def test_a_wheel_of_another_name_is_refused() -> None:
    assert '"y"' in refusal("x @ ./y-1-py3-none-any.whl").message


def test_something_that_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid, match="must be a string"):
        Requirement.parse(7)  # type: ignore[arg-type]


def test_a_marker_that_is_none_is_refused() -> None:
    assert "is not a marker" in refusal("./x.zip ; nonsense").message


@pytest.mark.parametrize(("text", "name"), [("Foo_Bar", "foo-bar"), ("a", "a"), ("a.b", "a-b")])
def test_a_name_is_normalized(text: str, name: str) -> None:
    assert parse_package_name(text) == name


@pytest.mark.parametrize("text", ["", "-x", "x y", "x==1", "x\n", "é", ":all:"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_package_name(text)


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: "." not in name
)
EXTRAS = st.lists(NAMES, max_size=2).map(lambda names: f"[{','.join(names)}]" if names else "")
VERSIONS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}(rc[0-9])?", fullmatch=True)
CLAUSES = st.tuples(st.sampled_from(["==", ">=", "<", "!=", "~=1."]), VERSIONS).map("".join)
SPECIFIERS = st.lists(CLAUSES, max_size=3).map(", ".join)
MARKERS = st.sampled_from(
    [
        "",
        " ; python_version<'3.12'",
        ' ; os_name=="nt" and extra == "a"',
        " ; 'x' in platform_machine",
    ]
)
TARGETS = st.sampled_from(
    [
        "https://h.test/a%20b.zip",
        "http://h.test/x.tar.gz#subdirectory=a",
        "git+https://h.test/x.git@main#egg=ignored",
        "git+ssh://git@h.test/x",
        "./dist/x.zip",
        ".",
        "deep/er/x",
    ]
)
HASHES = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=2).map(
    lambda digests: "".join(f" --hash=sha256:{digest}" for digest in digests)
)
NAMED = st.tuples(NAMES, EXTRAS, SPECIFIERS, MARKERS, HASHES).map("".join)
DIRECT = st.tuples(NAMES, EXTRAS, st.just(" @ "), TARGETS, MARKERS, HASHES).map("".join)


def lines() -> st.SearchStrategy[str]:
    bare = st.tuples(TARGETS.filter(lambda text: "egg" not in text), MARKERS, HASHES).map("".join)
    return NAMED | DIRECT.filter(lambda text: "egg" not in text) | bare


@given(lines())
def test_parsing_the_canonical_form_gives_the_same_again(text: str) -> None:
    read = Requirement.parse(text)
    hashes = "".join(f" --hash={digest}" for digest in read.hashes)
    assert Requirement.parse(f"{read.text}{hashes}") == read


def parsed(text: str) -> tuple[Requirement | None, Invalid | None]:
    try:
        return Requirement.parse(text), None
    except Invalid as error:
        return None, error


@given(st.text(st.sampled_from(string.printable + "é\u2028"), max_size=40))
def test_any_text_is_a_requirement_of_one_line_or_invalid(text: str) -> None:
    read, error = parsed(text)
    if read is None:
        assert error is not None
        assert len(error.message.splitlines()) == 1
        assert len((error.hint or "").splitlines()) <= 1
    else:
        assert len(read.text.splitlines()) == 1
        assert not read.text.startswith("-")
        assert Requirement.parse(read.text).text == read.text
