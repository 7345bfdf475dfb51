from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest, ImageReference

SHA = "sha256:" + "0123456789abcdef" * 4

component = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)
host = st.from_regex(
    r"[a-z0-9]{1,8}(-[a-z0-9]{1,3})?\.[a-z]{2,5}(:[1-9][0-9]{0,3})?", fullmatch=True
)
domain = host | st.sampled_from(
    ["docker.io", "localhost", "localhost:5000", "[::1]:5000", "[fe80::1]"]
)
tag = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
digest = st.builds(
    Digest, algorithm=st.just("sha256"), encoded=st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
)
references = st.builds(
    ImageReference,
    domain=domain,
    path=st.lists(component, min_size=2, max_size=4).map("/".join),
    tag=st.none() | tag,
    digest=st.none() | digest,
)
texts = (
    st.text()
    | st.text(alphabet="aA0./:@-_ \n[]$")
    | st.lists(
        st.sampled_from(
            [
                "docker.io",
                "library",
                "a",
                "A",
                "/",
                ":",
                "@",
                "sha256:",
                "0" * 64,
                "-",
                "..",
                "[::1]",
            ]
        )
    ).map("".join)
)


@pytest.mark.parametrize(
    ("text", "full", "short"),
    [
        ("python", "docker.io/library/python", "python"),
        ("python:3.11", "docker.io/library/python:3.11", "python:3.11"),
        ("org/image", "docker.io/org/image", "org/image"),
        ("docker.io/python", "docker.io/library/python", "python"),
        ("index.docker.io/python", "docker.io/library/python", "python"),
        ("docker.io/library/python", "docker.io/library/python", "python"),
        (f"python:3@{SHA}", f"docker.io/library/python:3@{SHA}", f"python:3@{SHA}"),
        ("localhost/x", "localhost/x", "localhost/x"),
        ("localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1"),
        ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
        ("docker.io/localhost/x", "docker.io/localhost/x", "docker.io/localhost/x"),
        ("docker.io/a.b/x", "docker.io/a.b/x", "docker.io/a.b/x"),
        (
            "host.test/a/b-c__d.e:T_1.x-",
            "host.test/a/b-c__d.e:T_1.x-",
            "host.test/a/b-c__d.e:T_1.x-",
        ),
        ("127.0.0.1:5000/x", "127.0.0.1:5000/x", "127.0.0.1:5000/x"),
        ("[::1]:5000/a/b", "[::1]:5000/a/b", "[::1]:5000/a/b"),
        ("[fd00::1]/a", "[fd00::1]/a", "[fd00::1]/a"),
    ],
)
def test_a_reference_is_fully_qualified_and_can_be_short(text: str, full: str, short: str) -> None:
    reference = ImageReference.parse(text)
    assert str(reference) == full
    assert reference.familiar == short


def test_the_parts_of_a_reference() -> None:
    reference = ImageReference.parse(f"host.test:5000/org/image:1.0@{SHA}")
    assert reference.domain == "host.test:5000"
    assert reference.path == "org/image"
    assert reference.tag == "1.0"
    assert reference.digest == Digest.parse(SHA)
    assert reference.name == "host.test:5000/org/image"


@pytest.mark.parametrize(
    "text",
    [
        "python:3.11\nRUN id",
        "python:3.11 AS x",
        "--platform=x y",
        "-python",
        "",
        " ",
        "python:3.11 ",
        "python:3.11\n",
        "python\0",
        "$BASE",
        "${BASE}:1",
    ],
)
def test_r2_what_could_be_an_instruction_or_an_option_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ImageReference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "Python",
        "org/Image",
        "Org/image",
        "HOST.test/x",
        "a//b",
        "/a",
        "a/",
        "a..b",
        "a___b",
        "_a",
        "a-",
        "python:",
        "python:.x",
        "python:-x",
        "python:" + "x" * 129,
        "python:a:b",
        "a@b",
        "python@sha256:00",
        f"python@{SHA}x",
        f"python@{SHA}@{SHA}",
        f"python@{SHA.upper()}",
        "host:0/x",
        "host:99999/x",
        "host:/x",
        "-host.test/x",
        "[::1/x",
        "[:::1]/x",
        "[1:2]:5000/x",
        "0123456789abcdef" * 4,
        "host.test/" + "a" * 250,
        "https://host.test/x",
        "pythön",
    ],
)
def test_what_is_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ImageReference.parse(text)


def test_the_longest_name_and_tag_are_accepted() -> None:
    path = "a" * (255 - len("host.test/"))
    assert len(ImageReference.parse(f"host.test/{path}:{'t' * 128}").name) == 255


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Python:3.11", 'names are in lower case: "python"'),
        ("python:3.11 AS x", 'write "python:3.11" alone'),
        ("https://host.test/x", 'write "host.test/x"'),
        ("python@sha265:00", 'did you mean "sha256"?'),
    ],
)
def test_the_corrected_form_is_hinted_at(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        ImageReference.parse(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "text", ["Bad Tag", "a..b c", "Bad..Name", "https://Bad", "x://" * 5000, "a:-b c"]
)
def test_no_hint_shows_what_would_be_refused_as_well(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        ImageReference.parse(text)
    assert caught.value.hint is None


@pytest.mark.parametrize(
    "text", ["https://u:hunter2@host.test/x", "u:hunter2@host.test/x", "u:hunter2@host.test/x y"]
)
def test_a_refusal_shows_no_credentials(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        ImageReference.parse(text)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("wrong", [None, True, 3, b"python", ["python"]])
def test_only_text_is_a_reference(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        ImageReference.parse(wrong)


@pytest.mark.parametrize(
    "text", ["sha256", "sha256:", "md5:" + "0" * 32, "sha256:" + "A" * 64, f"{SHA}\n", ""]
)
def test_a_digest_outside_its_grammar_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Digest.parse(text)


@pytest.mark.parametrize(("algorithm", "length"), [("sha256", 64), ("sha384", 96), ("sha512", 128)])
def test_each_registered_digest_is_accepted(algorithm: str, length: int) -> None:
    text = f"{algorithm}:{'a' * length}"
    assert str(Digest.parse(text)) == text


@given(references)
def test_what_is_written_reads_back_the_same(reference: ImageReference) -> None:
    assert ImageReference.parse(str(reference)) == reference
    assert ImageReference.parse(reference.familiar) == reference


@given(texts)
def test_any_text_is_a_safe_reference_or_invalid(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert str(reference).isascii()
    assert str(reference).isprintable()
    assert " " not in str(reference)
    assert "$" not in str(reference)
    assert not reference.familiar.startswith("-")
    assert ImageReference.parse(str(reference)) == reference


@pytest.mark.parametrize("user", ["ada:hunter2@", "ada@", "hunter2:@", "a/b:hunter2@"])
def test_a_user_before_the_registry_is_refused_and_not_shown(user: str) -> None:
    with pytest.raises(Invalid, match="has a user in it") as error:
        ImageReference.parse(f"{user}registry.test/app:1")
    assert "hunter2" not in error.value.message
    assert error.value.hint == (
        'log in with `docker login` or `podman login`, and write "registry.test/app:1"'
    )
