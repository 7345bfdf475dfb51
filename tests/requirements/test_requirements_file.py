from __future__ import annotations

import codecs
import os
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.requirement import Requirement
from lading.requirements import (
    RequirementSet,
    parse_requirements,
    read_requirements_file,
    requirements_text,
)

if TYPE_CHECKING:
    from pathlib import Path

A = "sha256:" + "a" * 64
B = "sha256:" + "b" * 64


def write(project: Path, **files: str) -> None:
    for name, text in files.items():
        file = project / name.replace("__", "/").replace("_txt", ".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")


def texts(read: RequirementSet) -> list[str]:
    return [found.requirement.text for found in read.requirements]


def places(read: RequirementSet) -> list[str]:
    return [str(found.location) for found in read.requirements]


def problems(project: Path, path: str = "r.txt") -> tuple[Problem, ...]:
    with pytest.raises(SpecificationError) as raised:
        read_requirements_file(project, path)
    return raised.value.problems


MANY_FORMS = f"""\
# what the service needs
-r sub/base.txt  # nested
-c c.txt
numpy==1.26.4 \\
    --hash={A} \\
    --hash={B}   # two files

pandas [perf] >=2 ; python_version >= "3.9"
./wheels/x-1-py3-none-any.whl
y @ https://h.test/y.zip#subdirectory=a
last"""


def many_forms(project: Path, encoded: bytes) -> RequirementSet:
    write(project, sub__base_txt="six\n../wheels/z-1-py3-none-any.whl\n", c_txt="numpy<2\n")
    (project / "r.txt").write_bytes(encoded)
    return read_requirements_file(project, "r.txt")


def test_r21_each_form_of_line_is_read_with_its_place(tmp_path: Path) -> None:
    read = many_forms(tmp_path, MANY_FORMS.encode())
    assert list(zip(texts(read), places(read), strict=True)) == [
        ("six", "sub/base.txt:1"),
        ("z @ ./wheels/z-1-py3-none-any.whl", "sub/base.txt:2"),
        ("numpy==1.26.4", "r.txt:4"),
        ('pandas[perf]>=2 ; python_version >= "3.9"', "r.txt:8"),
        ("x @ ./wheels/x-1-py3-none-any.whl", "r.txt:9"),
        ("y @ https://h.test/y.zip#subdirectory=a", "r.txt:10"),
        ("last", "r.txt:11"),
    ]
    assert read.requirements[2].requirement.hashes == (A, B)
    assert [str(found.requirement) for found in read.constraints] == ["numpy<2"]
    assert read.constraints[0].location == Location("c.txt", 1)
    assert read.files == ("r.txt", "sub/base.txt", "c.txt")


@pytest.mark.parametrize(
    "encoded",
    [
        MANY_FORMS.replace("\n", "\r\n").encode(),
        MANY_FORMS.replace("\n", "\r").encode(),
        codecs.BOM_UTF8 + MANY_FORMS.encode(),
        codecs.BOM_UTF16_LE + MANY_FORMS.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + MANY_FORMS.encode("utf-16-be"),
        f"{MANY_FORMS}\n".encode(),
        codecs.BOM_UTF16_LE + MANY_FORMS.replace("\n", "\r\n").encode("utf-16-le"),
    ],
    ids=["crlf", "cr", "utf-8 bom", "utf-16 le", "utf-16 be", "final newline", "powershell"],
)
def test_r21_line_ends_and_encodings_make_no_difference(tmp_path: Path, encoded: bytes) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert many_forms(one, encoded) == many_forms(other, MANY_FORMS.encode())


def test_an_empty_file_is_an_empty_set(tmp_path: Path) -> None:
    write(tmp_path, r_txt="\n# nothing\n\n")
    assert read_requirements_file(tmp_path, "r.txt") == RequirementSet(files=("r.txt",))


def test_index_options_are_kept(tmp_path: Path) -> None:
    text = (
        "-i https://h.test/simple\n--index-url=https://h.test/simple\n"
        "--extra-index-url https://a.test/s --extra-index-url https://b.test/s\n"
        "--extra-index-url https://a.test/s\n-f ../wheels\n--find-links https://h.test/l.html\n"
        "--no-index\n--pre\n--require-hashes\n"
    )
    write(tmp_path, sub__r_txt=text)
    read = read_requirements_file(tmp_path, "sub/r.txt")
    assert read.indexes.default is not None
    assert read.indexes.default.url == "https://h.test/simple"
    assert read.indexes.default.location == Location("sub/r.txt", 1)
    assert [each.url for each in read.indexes.extra] == ["https://a.test/s", "https://b.test/s"]
    assert [each.url for each in read.indexes.find_links] == ["wheels", "https://h.test/l.html"]
    assert read.indexes.no_index
    assert read.pre


def test_r22_two_different_default_indexes_name_both_places(tmp_path: Path) -> None:
    write(tmp_path, r_txt="-r b.txt\n-i https://a.test/s\n", b_txt="\n-i https://b.test/s\n")
    (problem,) = problems(tmp_path)
    assert str(problem.location) == "r.txt:2"
    assert "b.txt:2" in problem.message


@pytest.mark.parametrize(
    ("text", "no_binary", "only_binary"),
    [
        ("--no-binary My_pkg,other\n--no-binary=third", ("my-pkg", "other", "third"), ()),
        ("--only-binary :all:", (), (":all:",)),
        ("--only-binary :all:\n--no-binary x", ("x",), (":all:",)),
        ("--no-binary x\n--only-binary x", (), ("x",)),
        ("--no-binary x\n--no-binary :none:", (), ()),
        ("--no-binary x\n--only-binary :all:", (), (":all:",)),
    ],
)
def test_the_later_choice_of_wheels_or_sources_wins_as_in_pip(
    text: str, no_binary: tuple[str, ...], only_binary: tuple[str, ...]
) -> None:
    read = parse_requirements(text, file="r.txt")
    assert (read.no_binary, read.only_binary) == (no_binary, only_binary)


def test_all_problems_are_reported_together_each_with_its_line(tmp_path: Path) -> None:
    text = (
        "--trusted-host h.test\n-e ./mine\nnumpy=1.2\nfine\n--extra-index https://h.test/s\n"
        "x @ https://h.test/${TOKEN}/x.zip\n-r sub/b.txt\n-r none.txt\n"
        "--config-settings a=b\n--global-option x\n-i\n-r https://h.test/r.txt\n--pre=x\n"
    )
    write(tmp_path, r_txt=text, sub__b_txt="\nbad==\n")
    found = problems(tmp_path)
    assert [str(problem.location) for problem in found] == [
        *(f"r.txt:{line}" for line in (1, 2, 3, 5, 6)),
        "sub/b.txt:2",
        *(f"r.txt:{line}" for line in (8, 9, 10, 11, 12, 13)),
    ]
    assert "--trusted-host" in found[0].message
    assert "--ca-bundle" in (found[0].hint or "")
    assert '"numpy==1.2"' in (found[2].hint or "")
    assert "--extra-index-url" in (found[3].hint or "")
    assert "TOKEN" in found[4].message


def test_what_pip_and_uv_read_differently_is_refused() -> None:
    (problem,) = refusals("alpha>=1 # note \\\nbeta\ngamma\n")
    assert problem.message == "a comment ends in a backslash"
    assert problem.location == Location("r.txt", 1)
    assert refusals("# a note \\\nbeta\nalpha==1 \\\n  # a note\n") == ()


def test_a_lock_is_not_included(tmp_path: Path) -> None:
    write(tmp_path, r_txt="-r pylock.toml\n")
    (tmp_path / "pylock.toml").touch()
    (problem,) = problems(tmp_path)
    assert '.requirements_file("pylock.toml")' in (problem.hint or "")


def test_an_included_file_that_is_no_text_is_told_with_the_line(tmp_path: Path) -> None:
    write(tmp_path, r_txt="\n-r b.txt\n")
    (tmp_path / "b.txt").write_bytes(b"\xff\xff")
    (problem,) = problems(tmp_path)
    assert problem.message == '"b.txt": the file is not UTF-8 text'
    assert problem.location == Location("r.txt", 2)


def test_a_missing_file_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path, requirements_txt="six\n", r_txt="-r requirments.txt\n")
    (problem,) = problems(tmp_path, "requirement.txt")
    assert "does not exist" in problem.message
    assert "requirements.txt" in (problem.hint or "")
    (problem,) = problems(tmp_path)
    assert str(problem.location) == "r.txt:1"
    assert "requirements.txt" in (problem.hint or "")


def test_a_folder_is_no_requirements_file(tmp_path: Path) -> None:
    (tmp_path / "r.txt").mkdir()
    assert "is a folder" in problems(tmp_path)[0].message


def test_a_pipe_is_no_requirements_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r.txt")
    (problem,) = problems(tmp_path)
    assert problem.message == '"r.txt" is no plain file'
    assert problem.hint is None


def test_a_switch_takes_no_value(tmp_path: Path) -> None:
    write(tmp_path, r_txt="--pre=yes\nsix\n")
    (problem,) = problems(tmp_path)
    assert problem.message == "the option --pre takes no value"
    assert problem.hint == "write --pre"


@pytest.mark.parametrize("line", ["-r ../out.txt", "-r /etc/x.txt", "-r sub/link.txt", "-c ../c"])
def test_no_file_outside_of_the_project_is_read(tmp_path: Path, line: str) -> None:
    project = tmp_path / "project"
    write(project, r_txt=f"{line}\n", sub__x_txt="")
    write(tmp_path, out_txt="six\n")
    (project / "sub" / "link.txt").symlink_to(tmp_path / "out.txt")
    (problem,) = problems(project)
    assert "project" in problem.message


@pytest.mark.parametrize("line", ["../x.zip", "-f ../wheels", "--find-links /opt/wheels"])
def test_no_path_leaves_the_project(tmp_path: Path, line: str) -> None:
    write(tmp_path, r_txt=f"{line}\n")
    (problem,) = problems(tmp_path)
    assert "project" in problem.message


def test_a_cycle_is_an_error_that_names_the_chain(tmp_path: Path) -> None:
    write(tmp_path, r_txt="-r sub/a.txt\n", sub__a_txt="\n-r b.txt", sub__b_txt="-r ../r.txt")
    (problem,) = problems(tmp_path)
    assert "r.txt -> sub/a.txt -> sub/b.txt -> r.txt" in problem.message
    assert str(problem.location) == "sub/b.txt:1"


def test_a_file_that_two_others_include_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, r_txt="-r a.txt\n-r b.txt\n", a_txt="-r c.txt", b_txt="-r c.txt", c_txt="six")
    read = read_requirements_file(tmp_path, "r.txt")
    assert texts(read) == ["six"]
    assert read.files == ("r.txt", "a.txt", "c.txt", "b.txt")


@pytest.mark.parametrize("line", ["./x.zip", "x[a]<2"])
def test_a_constraint_only_limits_a_name(tmp_path: Path, line: str) -> None:
    write(tmp_path, r_txt="-c c.txt\n", c_txt=f"{line}\n")
    (problem,) = problems(tmp_path)
    assert "constraint" in problem.message


def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"caf\xe9\n")
    assert "not UTF-8" in problems(tmp_path)[0].message


@pytest.mark.parametrize(
    "line",
    [
        "-i https://u:hunter2@h.test/simple",
        "--extra-index-url https://hunter2@h.test/simple",
        "-f https://u:hunter2@h.test/links",
        "x @ https://u:hunter2@h.test/x.zip",
        "git+https://hunter2@h.test/x.git#egg=x",
        "-r https://u:hunter2@h.test/r.txt",
        "--nonsense=https://u:hunter2@h.test/r.txt",
        "-zhttps://u:hunter2@h.test/r.txt",
    ],
)
def test_r30_credentials_in_a_file_are_refused_and_never_shown(tmp_path: Path, line: str) -> None:
    write(tmp_path, r_txt=f"{line}\n")
    (problem,) = problems(tmp_path)
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "--index-url https://${CORP_TOKEN}@h.test/simple",
            '.index("https://h.test/simple", name="corp", secret=secret("CORP_TOKEN"))',
        ),
        (
            "--extra-index-url=https://ci:${CORP_TOKEN}@h.test/simple",
            (
                '.index("https://h.test/simple", name="corp", username="ci", '
                'secret=secret("CORP_TOKEN"))'
            ),
        ),
        (
            "-i https://${CORP_USER}:${CORP_PASSWORD}@h.test:8443/simple",
            (
                '.index("https://h.test:8443/simple", name="corp", username="...", '
                'secret=secret("CORP_PASSWORD"))'
            ),
        ),
        (
            "-i https://__token__:${CORP_TOKEN}@h.test/simple",
            '.index("https://h.test/simple", name="corp", secret=secret("CORP_TOKEN"))',
        ),
        (
            "x @ git+https://${GIT_TOKEN}@h.test/o/x@v1",
            (
                'write git+ssh://git@h.test/o/x@v1, with secrets=[secret("deploy_key", '
                'file="~/.ssh/deploy_key")] or an ssh agent'
            ),
        ),
        ("x @ file:///${PROJECT_ROOT}/libs/x", "write the path from this file's folder: ./path"),
        ("x @ https://h.test/${VERSION}/x.zip", "write the value out"),
    ],
)
def test_r30_a_variable_is_refused_and_a_login_gets_its_secret(line: str, hint: str) -> None:
    (problem,) = refusals(f"{line}\n")
    assert "refers to the environment variable" in problem.message
    assert (problem.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("-e ./libs/thing", "./libs/thing"),
        ("--editable=./libs/thing[extra]", "./libs/thing[extra]"),
        ("-e .", "."),
        ("-e git+https://h.test/x@v1#egg=x", "git+https://h.test/x@v1#egg=x"),
    ],
)
def test_r21_an_editable_one_is_refused_with_the_line_of_a_copy(line: str, written: str) -> None:
    (problem,) = refusals(f"{line}\n")
    assert "editable" in (problem.hint or "")
    assert (problem.hint or "").endswith(f'write "{written}"')
    assert refusals(f"{written}\n") == ()


@pytest.mark.parametrize(
    "option",
    [
        *("--trusted-host h.test", "--prefer-binary", "--config-settings a=b", "-C a=b"),
        *("--config-setting=a=b", "--global-option x", "--install-option=x", "--use-feature x"),
        *("--use-pep517", "--no-use-pep517", "--hash=sha256:00"),
    ],
)
def test_r21_what_cant_be_honoured_is_refused_by_name(option: str) -> None:
    (problem,) = refusals(f"{option}\n")
    assert option.replace("=", " ").split()[0] in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("poetry.lock", "`poetry export -f requirements.txt -o requirements.txt`"),
        ("sub/pdm.lock", "`pdm export -o requirements.txt`"),
        ("Pipfile", "`pipenv requirements --hash > requirements.txt`"),
        ("Pipfile.lock", "`pipenv requirements --hash > requirements.txt`"),
        ("environment.yml", "`pip list --format=freeze > requirements.txt`"),
        ("conda-lock.yml", "`pip list --format=freeze > requirements.txt`"),
        ("setup.py", "`uv pip compile setup.py -o requirements.txt`"),
        ("setup.cfg", "[project]"),
        ("pyproject.toml", '.pyproject_toml("pyproject.toml")'),
        ("uv.lock", '.uv_lock("uv.lock")'),
        ("serve.py", '.script_requirements("serve.py")'),
    ],
)
def test_r28_a_file_of_another_kind_is_refused_with_the_way_out(
    tmp_path: Path, path: str, hint: str
) -> None:
    (problem,) = problems(tmp_path, path)
    assert path in problem.message
    assert hint in (problem.hint or "")
    write(tmp_path, r_txt=f"-r {path}\n")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    (problem,) = problems(tmp_path)
    assert hint in (problem.hint or "")


def test_a_path_starts_where_pip_and_uv_start_it_or_else_at_its_file(tmp_path: Path) -> None:
    write(tmp_path, sub__r_txt="./libs/one\n./libs/two\n../three\n./none\n")
    for folder in ("libs/one", "sub/libs/one", "sub/libs/two", "three"):
        (tmp_path / folder).mkdir(parents=True)
    read = read_requirements_file(tmp_path, "sub/r.txt")
    paths = [each.requirement.path for each in read.requirements]
    assert paths == ["libs/one", "sub/libs/two", "three", "sub/none"]


def test_more_files_in_each_other_than_anybody_writes_are_refused(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"r{number}.txt").write_text(f"-r r{number + 1}.txt\n")
    assert "more than 50" in problems(tmp_path, "r0.txt")[0].message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"six\0\n", "NUL"),
        ("six\n".encode("utf-16-le"), "NUL"),
        (b"# " + b"x" * (32 << 20), "larger than 32 MiB"),
    ],
    ids=["nul", "utf-16 without its mark", "large"],
)
def test_bytes_that_are_no_list_of_requirements_are_refused(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "r.txt").write_bytes(data)
    assert message in problems(tmp_path)[0].message


@pytest.mark.parametrize("line", ["-r a\\0", "-c \\0", "-f a\\0", "./x\\0"])
def test_a_nul_in_an_included_path_is_refused(line: str) -> None:
    for text in (line.replace("\\0", "\0"), line.replace("\\0", "\x01")):
        assert len(refusals(f"{text}\n")) == 1


def test_a_nul_in_a_path_to_read_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "a\0.txt")


@pytest.mark.parametrize("line", ["-r loop.txt", f"-r {'x' * 300}", f"-r {'x/' * 3000}y"])
def test_a_path_that_cant_be_looked_up_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    write(tmp_path, r_txt=f"{line}\n")
    (problem,) = problems(tmp_path)
    assert str(problem.location) == "r.txt:1"


@pytest.mark.parametrize(
    "line",
    [f"x{' ' * 200_000}y", f"x{' ' * 200_000}--hash", "x ; " + "(" * 100_000, "[" * 100_000],
    ids=["spaces", "spaces before a hash", "parentheses", "brackets"],
)
def test_long_lines_take_no_long_time(line: str) -> None:
    began = process_time()
    assert refusals(f"{line}\n{line} # comment\n")
    assert process_time() - began < 3


def test_a_text_alone_includes_nothing() -> None:
    with pytest.raises(SpecificationError, match="includes a file"):
        parse_requirements("-r other.txt", file="export")


def test_r20_a_pin_of_the_users_is_kept_once_as_written() -> None:
    read = parse_requirements("fastapi==0.115.0\n", file="r.txt")
    assert texts(read) == ["fastapi==0.115.0"]


REQUIREMENTS = st.builds(
    lambda text, digests: Requirement.parse(text + "".join(f" --hash={d}" for d in digests)),
    st.sampled_from(
        [
            "a==1",
            "b[x,y]>=1,<2 ; os_name == 'nt'",
            "https://h.test/c.zip",
            "./dist/d-1-py3-none-any.whl",
            "e @ git+https://h.test/e@v1#subdirectory=s",
            ".",
        ]
    ),
    st.lists(st.sampled_from([A, B]), max_size=2),
)


@given(st.lists(REQUIREMENTS, max_size=5))
def test_reading_what_is_emitted_gives_the_same_again(requirements: list[Requirement]) -> None:
    text = requirements_text(requirements, hashes=True)
    read = parse_requirements(text, file="r.txt")
    assert [found.requirement for found in read.requirements] == requirements


def test_hashes_are_left_out_where_they_are_not_wanted() -> None:
    requirement = Requirement.parse(f"x==1 --hash={A}")
    assert requirements_text([requirement], hashes=False) == "x==1\n"
    assert requirements_text([requirement], hashes=True) == f"x==1 \\\n    --hash={A}\n"


def refusals(text: str) -> tuple[Problem, ...]:
    try:
        parse_requirements(text, file="r.txt")
    except SpecificationError as error:
        return error.problems
    return ()


@given(st.text(st.sampled_from("ab=-\\\n\r #r.[];@/:'\"\t$é"), max_size=60))
def test_any_text_is_read_or_refused_with_places(text: str) -> None:
    assert all(problem.location is not None for problem in refusals(text))
