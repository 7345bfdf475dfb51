"""A service is declared in words that are checked, and what is decorated stays what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lading import Image, SpecificationError, service
from lading.services import Service, service_of

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = Image()


def with_torch() -> Image:
    return IMAGE.python_packages("torch")


def test_what_is_decorated_stays_what_it_is() -> None:
    @service(image=IMAGE, port=8000)
    class Serving:
        pass

    @service(image=IMAGE)
    def main() -> None:
        pass

    assert isinstance(Serving(), Serving)
    assert main() is None
    assert [one.served.kind for one in map(service_of, (Serving, main)) if one and one.served] == [
        "class",
        "function",
    ]
    assert service_of(test_what_is_decorated_stays_what_it_is) is None


def test_an_object_without_room_for_an_attribute_may_be_served() -> None:
    class Slotted:
        __slots__ = ()
        __hash__ = None  # type: ignore[assignment]

    one, other = Slotted(), Slotted()
    assert service(image=IMAGE, name="one")(one) is one
    assert service_of(one) is not None
    assert service_of(other) is None


def test_a_place_in_words_gives_the_service() -> None:
    found = service(image=IMAGE, command=["serve"])("app:main")
    assert isinstance(found, Service)
    assert service_of(found) is found
    assert found.served is not None
    assert found.served.place == "app:main"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image": 3}, ["image is 3, and no Image",
                        'hint: image=Image().requirements_file("requirements.txt")']),
        ({"image": with_torch}, [
            "image is a function, and no Image", "hint: call it: image=with_torch()"]),
        ({"image": lambda: IMAGE}, [
            "image is a function, and no Image", "hint: call it: image=image()"]),
        ({"port": 0}, ["port 0 is not between 1 and 65535"]),
        ({"port": "8000/udp"}, [
            "port 8000/udp is none that a server is asked on", "hint: port=8000"]),
        ({"health": "healthz"}, [
            'health is "healthz", and no path of a URL', 'hint: health="/healthz"']),
        ({"health": "/a b"}, ['health is "/a b", and no path of a URL', 'hint: health="/healthz"']),
        ({"name": "My Service"}, [
            'name "My Service" is invalid',
            "hint: lower-case letters and digits, with - . _ between them, 64 at most"]),
        ({"name": "a-"}, [
            'name "a-" is invalid',
            "hint: lower-case letters and digits, with - . _ between them, 64 at most"]),
        ({"env": {"A B": "1"}, "include": "app.py", "command": "serve"}, [
            'command takes a list of strings, not "serve"', 'hint: write command=["..."]',
            'include takes a list of strings, not "app.py"', 'hint: write include=["..."]',
            'environment name "A B" is invalid', 'hint: write "A_B"']),
    ],
)  # fmt: skip
def test_words_are_checked(options: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(SpecificationError) as error:
        service(**{"image": IMAGE, **options})
    place = f"{__file__}:{error.value.problems[0].location.line}: "  # type: ignore[union-attr]
    assert str(error.value).replace(place, "").splitlines() == said


@pytest.mark.parametrize(
    "decorate",
    [
        lambda declare, served: declare(served),
        lambda declare, served: declare()(served),
        lambda declare, served: declare(port=8000)(served),
        lambda declare, _: declare(IMAGE),
    ],
)
def test_what_is_decorated_without_an_image_is_refused_with_the_corrected_call(
    decorate: Callable[[object, object], object],
) -> None:
    class Serving:
        pass

    with pytest.raises(SpecificationError) as error:
        decorate(service, Serving)
    (problem,) = error.value.problems
    assert (problem.message, problem.hint) == (
        "service is given no image",
        "@lading.service(image=image)",
    )
    assert problem.location is not None
    assert problem.location.file == __file__


def test_what_is_served_is_no_argument_beside_the_image() -> None:
    declare: Any = service
    with pytest.raises(SpecificationError, match="in a call of its own") as error:
        declare(object(), image=IMAGE)
    assert error.value.problems[0].hint == "app = lading.service(image=image)(app)"


@pytest.mark.parametrize("place", ["app", "app:", ":main", "a b:c", "a/b.py:c", "app:main()"])
def test_a_place_is_a_module_and_a_name(place: str) -> None:
    with pytest.raises(SpecificationError, match="names nothing that is served"):
        service(image=IMAGE)(place)
