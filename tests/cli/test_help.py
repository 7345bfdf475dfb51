from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project


def shown(project: Project, *words: str) -> str:
    ran = project.lading(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_lading(bare: Project) -> None:
    assert shown(bare) == snapshot("""\
Usage: lading [OPTIONS] COMMAND [ARGS]...

  Lock, freeze and build the container that an Image in Python describes.

  TARGET names an Image, a function that returns one, or a service that is
  declared with one, as `path/service.py:image` or `package.module:image`;
  `app.py:images.gpu` is one of its variants, and `app.py` alone is
  `app.py:image`. A folder stands for the image that `[tool.lading]` of its
  pyproject.toml, or its lading.toml, refers to or describes, and
  `folder:name` for one of several there. Left out, TARGET is this folder.

  Data goes to stdout, all talk to stderr.

  Exit codes: 0 done; 1 refused, failed or drifted; 2 called wrongly; 129 hung
  up; 130 interrupted; 143 terminated.

Options:
  --version   Show the version and exit.
  --debug     Show Python's traceback with an error.
  -h, --help  Show this message and exit.

Commands:
  init        Write a first lading.toml.
  lock        Resolve every version, digest and hash.
  show        Show the image, and where each value came from.
  diff        Say what changed between two images.
  explain     Say why a package or a layer is there, and how large it is.
  check       Find libraries that the image would lack.
  freeze      Write the image as a build context.
  vendor      Write a build context that needs no network; or check one.
  dockerfile  Print the Dockerfile.
  build       Make the image, without an engine where that can be.
  bake        Write build contexts, and a bake file for buildx.
  push        Push an image that is in a folder or a file.
  copy        Copy an image between registries, folders and files.
  inspect     Say what an image consists of.
  import      Print the Image that a bentofile.yaml describes.
  doctor      Say which container engines can build here.
  schema      Print the JSON Schema of project files.
  cache       Show, trim or check what is kept for later builds.
""")


def test_show(bare: Project) -> None:
    assert shown(bare, "show") == snapshot("""\
Usage: lading show [OPTIONS] [TARGET]

  Show the image as it is written, what it came to, and where each value is
  from.

  What is locked is told where lading.lock fits the image. No network is
  asked, and nothing is written.

  With --json: {calls, parameters, arguments, settings, mirrors, lock}. With
  --all: {images}, each image of these with its {name}.

Options:
  --set NAME=VALUE  Set a parameter of the image, which `lading show` lists;
                    repeat for more.
  --project DIR     The folder that the image's paths start from, and
                    lading.lock lies in.
  --base-image REF  Build on this image instead (a mirror's copy, ...).
  --all             Do it for every image of the project file, of a module, or
                    of variants.
  --json            Print the result as JSON.
  -h, --help        Show this message and exit.
""")


def test_bake(bare: Project) -> None:
    assert shown(bare, "bake") == snapshot("""\
Usage: lading bake [OPTIONS] [TARGET]

  Freeze images, each for each platform, and write a docker-bake.json that
  builds them all.

  `docker buildx bake` in that folder then does. Each image goes to
  NAME/PLATFORM there, and is a target; those of one image are a group, by its
  name. The file says which secrets a build takes, by their ids, and nothing
  of what they are.

  Prints the file. With --json: {file, targets}, each target with its {name,
  platform, folder, key}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --all                           Do it for every image of the project file,
                                  of a module, or of variants.
  --platform OS/ARCH              What the images are for; repeat for more.
                                  [default: linux/amd64]
  -o, --output DIR                The folder for the file and the contexts;
                                  left out, .lading/bake in the project.
  -t, --tag REF                   Name the images; {name} in it is what each
                                  is called here, {platform} what it is for,
                                  as linux-amd64.
  --vendor                        Put all that is installed into the folder:
                                  the build then takes nothing but the base
                                  image from the network.
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --locked                        Refuse, rather than update lading.lock,
                                  where it is out of date.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --strict                        Refuse an image that would lack libraries,
                                  fetching what it takes to know that.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_diff(bare: Project) -> None:
    assert shown(bare, "diff") == snapshot("""\
Usage: lading diff [OPTIONS] [A] [B]

  Say what changed from A to B: base, packages, settings, files, sizes, and
  layers.

  Each is a lock (a file, or its folder), a frozen folder, an image (oci:DIR,
  oci-archive:FILE, docker-archive:FILE, docker://REFERENCE), or a git
  revision, which stands for lading.lock as it was committed then. Left out, A
  is HEAD. Where A is a revision, and B is one or is left out, every lock of
  the project that has changed since is compared.

  Of layers it says which ones have to be made and pushed, and why.

  With --json: {before, after, kinds, platforms}; of every lock {locks}, a
  list of these.

Options:
  --project DIR      The folder with lading.lock, of whose history revisions
                     are; left out, this folder.
  --exit-code        Exit 1 where anything differs.
  --plain-http HOST  Reach this registry without TLS, which is else done on
                     loopback only; repeat for more.
  --ca-bundle FILE   Trust these certificate authorities (PEM).
  --json             Print the result as JSON.
  -h, --help         Show this message and exit.
""")


def test_explain(bare: Project) -> None:
    assert shown(bare, "explain") == snapshot("""\
Usage: lading explain [OPTIONS] NAME [TARGET]

  Say why a package or a layer is in the image, and how large it is.

  NAME is a Python or system package: the chains of requirements from your
  lines to it are told. Or it is a layer, by the beginning of its name or of
  its digest; one that was built is looked for in .lading/image, or where
  --image says.

  lading.lock must fit. What packages require is read from them, or asked of
  their index.

  With --json: {packages, layers}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --platform OS/ARCH              What the image is for.  [default:
                                  linux/amd64]
  --image SRC                     NAME is a layer of this image, written as
                                  for `lading inspect`.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --plain-http HOST               Reach this registry without TLS, which is
                                  else done on loopback only; repeat for more.
  --ca-bundle FILE                Trust these certificate authorities (PEM).
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_check(bare: Project) -> None:
    assert shown(bare, "check") == snapshot("""\
Usage: lading check [OPTIONS] [TARGET]

  Find shared libraries and programs that the locked wheels need and the image
  would lack.

  An error fails when its distribution is imported; a remark may fail later,
  in a part that need not be used. Exits with 1 where there are errors, or
  where something could not be checked.

  With --json: {platform, findings, unchecked}. With --all: {images}, each
  image of these with its {name}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --all                           Do it for every image of the project file,
                                  of a module, or of variants.
  --platform OS/ARCH              What the image is for.  [default:
                                  linux/amd64]
  --strict                        Exit 1 for remarks too.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_lock(bare: Project) -> None:
    assert shown(bare, "lock") == snapshot("""\
Usage: lading lock [OPTIONS] [TARGET]

  Resolve every version, digest and hash into lading.lock, beside the project.

  An image that is called otherwise than `image` has a lock of its own,
  lading.NAME.lock.

  Python packages, and on Debian and Ubuntu the system packages that the base
  image lacks.

  What is locked stays, where it still fits: only what changed is resolved,
  unless --upgrade or --upgrade-package says otherwise.

  With --json: {file, changed, platforms}; with --check, {drifted, remarks},
  lists of sentences. With --all: {images}, each image of these with its
  {name}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --all                           Do it for every image of the project file,
                                  of a module, or of variants.
  --platform OS/ARCH              Lock for this platform; repeat for more.
                                  Left out: those in the lock so far, or
                                  linux/amd64.
  --check                         Change nothing; exit 1 and say what drifted,
                                  if anything did.
  -U, --upgrade                   Resolve everything anew, the base image too.
  -P, --upgrade-package NAME      Resolve this package anew; repeat for more.
  --allow-older-index             Take package lists of Debian's archive that
                                  are older than those seen before.
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_freeze(bare: Project) -> None:
    assert shown(bare, "freeze") == snapshot("""\
Usage: lading freeze [OPTIONS] [TARGET]

  Decide the image completely, and write it as a build context for any engine.

  Says which libraries the image would lack, as far as that is known.

  With --all each image goes to a folder of its name, in the one that --output
  says.

  Prints the folder. With --json: {folder, key, platform, base, digest}; with
  --all {images}, each image of these with its {name}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --all                           Do it for every image of the project file,
                                  of a module, or of variants.
  --platform OS/ARCH              What the image is for.  [default:
                                  linux/amd64]
  -o, --output DIR                The folder to write, replaced whole; left
                                  out, .lading/<platform> in the project.
  --vendor                        Put all that is installed into the folder:
                                  the build then takes nothing but the base
                                  image from the network.
  --dialect NAME                  Of the Dockerfile; classic is for builders
                                  without `RUN --mount`.  [default: buildkit]
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --locked                        Refuse, rather than update lading.lock,
                                  where it is out of date.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --strict                        Refuse an image that would lack libraries,
                                  fetching what it takes to know that.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_vendor(bare: Project) -> None:
    assert shown(bare, "vendor") == snapshot("""\
Usage: lading vendor [OPTIONS] [TARGET]

  Write a build context with all that is installed, by hash.

  Its build takes nothing but the base image from the network. It is `lading
  freeze --vendor`.

  Prints the folder. With --json: {folder, key, platform, base, digest}; with
  --check {key, files, differences}, the last a list of sentences. --check
  exits with 1 where there are any.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --platform OS/ARCH              What the image is for.  [default:
                                  linux/amd64]
  -o, --output DIR                The folder to write, replaced whole; left
                                  out, .lading/<platform> in the project.
  --check DIR                     Write nothing: compare each file of this
                                  folder to what its image.json says, offline.
  --dialect NAME                  Of the Dockerfile; classic is for builders
                                  without `RUN --mount`.  [default: buildkit]
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --locked                        Refuse, rather than update lading.lock,
                                  where it is out of date.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --strict                        Refuse an image that would lack libraries,
                                  fetching what it takes to know that.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_dockerfile(bare: Project) -> None:
    assert shown(bare, "dockerfile") == snapshot("""\
Usage: lading dockerfile [OPTIONS] [TARGET]

  Print the Dockerfile, and write nothing but, where it must be updated, the
  lock.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --platform OS/ARCH              What the image is for.  [default:
                                  linux/amd64]
  --dialect NAME                  Of the Dockerfile; classic is for builders
                                  without `RUN --mount`.  [default: buildkit]
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --locked                        Refuse, rather than update lading.lock,
                                  where it is out of date.
  -q, --quiet                     Say nothing but errors.
  -h, --help                      Show this message and exit.
""")


def test_build(bare: Project) -> None:
    assert shown(bare, "build") == snapshot("""\
Usage: lading build [OPTIONS] [TARGET] [-- ENGINE_OPTION...]

  Make the image that TARGET names.

  It takes no container engine, unless something has to be executed for it:
  then the first engine that can serve builds it, and what needs one is said.
  These ask for an engine, too: --no-cache, --build-arg, --network, --context,
  --dialect, --vendor, and what stands after `--`, which is handed to its
  build command as it is.

  Without -o, --push or --load, an image with a tag is loaded into the first
  engine there is, and any other is written to .lading/image in the project.

  With --all it makes every image: those that the project file of a folder
  names, the services of a module (or its images, where it has no service), or
  all variants of an image. All of them are decided before any is made.

  With --json: {engine, tags, platform, key}, and without an engine also
  {digest, image_id, layers, pushed, output, loaded}; for several platforms,
  {platforms} has what differs. With --all: {images, sharing}, each image of
  these with its {name}.

Options:
  --set NAME=VALUE                Set a parameter of the image, which `lading
                                  show` lists; repeat for more.
  --project DIR                   The folder that the image's paths start
                                  from, and lading.lock lies in.
  --base-image REF                Build on this image instead (a mirror's
                                  copy, ...).
  --allow-unpinned-base           Go on without the base image's digest where
                                  no registry tells it.
  --ca-bundle FILE                Trust these certificate authorities (PEM),
                                  here and while building; never in the image.
  --all                           Do it for every image of the project file,
                                  of a module, or of variants.
  --platform OS/ARCH              What the image is for; repeat for one image
                                  index of several.  [default: linux/amd64]
  -t, --tag REF                   Name the image; repeat for more names.
                                  {name} in it is what the image is called
                                  here.
  -o, --output DEST               Write the image: to a folder (an OCI
                                  layout), to a .tar (an OCI archive), or to
                                  docker-archive:FILE.
  --push                          Push every tag to its registry.
  --load                          Load the image into docker, podman, buildah
                                  or nerdctl.
  --engine NAME                   Build with this container engine; oci: with
                                  none; auto: with none unless something has
                                  to be executed.  [default: auto]
  --media-types [oci|docker]      The vocabulary of the image's documents;
                                  left out, oci, and docker for what nobody
                                  but an engine gets.
  --plain-http HOST               Reach this registry without TLS, which is
                                  else done on loopback only; repeat for more.
  --locked                        Refuse, rather than update lading.lock,
                                  where it is out of date.
  --offline                       Refuse, rather than update lading.lock or
                                  fetch a file that is not in the cache.
  --strict                        Refuse an image that would lack libraries,
                                  fetching what it takes to know that.
  --secret id=NAME,src=FILE|env=VAR
                                  Where a secret of the image is, in place of
                                  what the image says; repeat for more.
  --no-cache                      Leave the engine's cache alone.
  --build-arg NAME[=VALUE]        Set a build argument; without a value, to
                                  that of the environment variable.
  --network [host|none]           The network of the build, not the engine's
                                  own.
  --context DIR                   Where an engine's build context is written,
                                  replaced whole; left out, .lading/<platform>
                                  in the project.
  --dialect NAME                  Of the Dockerfile; classic is for builders
                                  without `RUN --mount`.  [default: buildkit]
  --vendor                        Put all that is installed into the folder:
                                  the build then takes nothing but the base
                                  image from the network.
  -q, --quiet                     Say nothing but errors.
  --json                          Print the result as JSON.
  -h, --help                      Show this message and exit.
""")


def test_push(bare: Project) -> None:
    assert shown(bare, "push") == snapshot("""\
Usage: lading push [OPTIONS] SRC REF...

  Push the image that SRC holds, under each REF.

  SRC is an OCI layout's folder, an OCI archive or a docker archive. What the
  registry has already is not sent again.

  With --json: {digest, pushed}.

Options:
  --platform OS/ARCH  Take the image for this platform; left out, all that is
                      there.
  --plain-http HOST   Reach this registry without TLS, which is else done on
                      loopback only; repeat for more.
  --ca-bundle FILE    Trust these certificate authorities (PEM).
  -q, --quiet         Say nothing but errors.
  --json              Print the result as JSON.
  -h, --help          Show this message and exit.
""")


def test_copy(bare: Project) -> None:
    assert shown(bare, "copy") == snapshot("""\
Usage: lading copy [OPTIONS] SRC DST

  Copy an image, for all its platforms, with every byte of its documents as it
  is.

  SRC and DST are written as oci:DIR, oci-archive:FILE, docker-archive:FILE or
  docker://REFERENCE. A path alone may be ./DIR or FILE.tar, or what is there;
  all else is a reference. Between repositories of one registry, nothing is
  downloaded.

  With --json: {digest, copied}; digest is null where several images are
  copied.

Options:
  --platform OS/ARCH  Take the image for this platform; left out, all that is
                      there.
  --plain-http HOST   Reach this registry without TLS, which is else done on
                      loopback only; repeat for more.
  --ca-bundle FILE    Trust these certificate authorities (PEM).
  -q, --quiet         Say nothing but errors.
  --json              Print the result as JSON.
  -h, --help          Show this message and exit.
""")


def test_inspect(bare: Project) -> None:
    assert shown(bare, "inspect") == snapshot("""\
Usage: lading inspect [OPTIONS] SRC

  Say which platforms an image is for, how it runs, and what each of its
  layers holds.

  SRC and OTHER are written as for `lading copy`. What is in a layer is said
  where the layer is at hand: in a folder or a file, or in the cache.

  With --json: {source, digest, images}, and of each image {platform, digest,
  config, layers}.

Options:
  --platform OS/ARCH  Only the image for this platform.
  --with OTHER        Say which layers this image has too; repeat for more.
  --plain-http HOST   Reach this registry without TLS, which is else done on
                      loopback only; repeat for more.
  --ca-bundle FILE    Trust these certificate authorities (PEM).
  --json              Print the result as JSON.
  -h, --help          Show this message and exit.
""")


def test_doctor(bare: Project) -> None:
    assert shown(bare, "doctor") == snapshot("""\
Usage: lading doctor [OPTIONS]

  Say which container engines can build here, and why the others can't.

  They are listed in the order in which `lading build` tries them. Exits with
  1 where none can.

  With --json: a list of {engine, usable, version, reason, hint, classic}.

Options:
  --json      Print the result as JSON.
  -h, --help  Show this message and exit.
""")


@pytest.mark.parametrize(
    "command", ["lock", "freeze", "dockerfile", "build", "push", "copy", "inspect", "doctor"]
)
def test_short_form(bare: Project, command: str) -> None:
    assert bare.lading(command, "-h").out == shown(bare, command)


def test_without_a_word_the_help_is_talk_and_nothing_else(bare: Project) -> None:
    ran = bare.lading()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == shown(bare)
