"""A script followed command by command, as dash would, on the image's files and no others.

Nothing is run: each command is a function of a table, or the script can't be followed. Expansions,
conditions, loops and functions are the language's own (POSIX.1-2017, Shell Command Language).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, assert_never

from lading.debs.refusal import Broken
from lading.debs.shell.builtins import BUILTINS
from lading.debs.shell.expanding import Expander
from lading.debs.shell.parsing import parse
from lading.debs.shell.redirecting import redirected
from lading.debs.shell.state import Call, Input, Leave, Output, Unfollowable
from lading.debs.shell.syntax import Case, For, Function, Group, If, Simple, While

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.debs.shell.state import Command, State
    from lading.debs.shell.syntax import AndOr, Body, Pipeline
    from lading.debs.shell.syntax import Command as Node

__all__ = ["SHELL", "Follower"]

SHELL: Final = re.compile(r"#!\s*/bin/(?:sh|bash|dash)(?P<options>(?:\s+-[a-z]+)*)\s*\n")
"""The first line of a script that can be followed."""

_LONGEST_SCRIPT: Final = 1 << 18
_MOST_ARGUMENTS: Final = 1 << 13
_GREATEST_STATUS: Final = 255


class Follower:
    """Follows scripts by a table of commands."""

    def __init__(self, commands: Mapping[str, Command]) -> None:
        self._commands = commands
        self._own: dict[str, Callable[[Call], int]] = {
            **BUILTINS,
            "return": self._leave,
            "exit": self._leave,
            "break": self._leave,
            "continue": self._leave,
            ".": self._source,
            "command": self._command,
            "type": self._which,
            "which": self._which,
        }

    def follow(self, text: str, state: State) -> int:
        """Follow a script to its end.

        Returns:
            Its exit status.

        Raises:
            Unfollowable: It does what can't be known or done.
        """
        try:
            with state.root.bounded(state.bounds):
                return self._body(_parsed(text, state), state, None, Output(), is_tested=False)
        except Leave as leave:
            return _left(leave, "exit", "return")
        except Broken as error:
            raise Unfollowable(str(error)) from None
        except RecursionError:
            raise Unfollowable("its commands are deeper in each other than any script's") from None

    def _body(
        self, body: Body, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        status = 0
        for one in body:
            status = self._and_or(one, state, given, out, is_tested=is_tested)
        return status

    def _and_or(
        self, one: AndOr, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        last = len(one.rest)
        status = self._pipeline(one.first, state, given, out, is_tested=is_tested or last > 0)
        ran_last, last_run = last == 0, one.first
        for number, (operator, pipeline) in enumerate(one.rest, 1):
            if (status == 0) != (operator == "&&"):
                continue
            ran_last, last_run = number == last, pipeline
            status = self._pipeline(
                pipeline, state, given, out, is_tested=is_tested or number < last
            )
        # A compound command that ends with a failure that did not count does not count either.
        counts = not last_run.is_negated and ran_last and _is_simple(last_run)
        if status and state.fails and not is_tested and counts:
            raise Leave("exit", status)
        return status

    def _pipeline(
        self, pipeline: Pipeline, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        is_tested = is_tested or pipeline.is_negated
        *before, last = pipeline.commands
        for command in before:
            between = Output(use="script")
            self._isolated(command, state.subshell(), given, between, is_tested=is_tested)
            given = Input(between.text)
        if before:
            status = self._isolated(last, state.subshell(), given, out, is_tested=is_tested)
        else:
            status = self._node(last, state, given, out, is_tested=is_tested)
        state.status = int(not status) if pipeline.is_negated else status
        return state.status

    def _isolated(
        self, node: Node, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        try:
            return self._node(node, state, given, out, is_tested=is_tested)
        except Leave as leave:
            return _left(leave, "exit", "return")

    def _node(
        self, node: Node, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        state.bounds.step()
        if isinstance(node, Function):
            state.functions[node.name] = node.body
            return 0
        expander = Expander(state, self._substituted)
        state.bounds.deeper()
        try:
            with redirected(node.redirects, expander, given, out) as (given_, out_):
                return self._command_of(node, expander, given_, out_, is_tested=is_tested)
        finally:
            state.bounds.shallower()

    def _command_of(  # noqa: PLR0911 - one for each kind
        self,
        node: Simple | If | For | While | Case | Group,
        expander: Expander,
        given: Input | None,
        out: Output,
        *,
        is_tested: bool,
    ) -> int:
        state = expander.state
        match node:
            case Simple():
                return self._simple(node, expander, given, out, is_tested=is_tested)
            case If():
                return self._if(node, state, given, out, is_tested=is_tested)
            case For() | While():
                return self._loop(node, state, given, out, is_tested=is_tested)
            case Case():
                return self._case(node, expander, given, out, is_tested=is_tested)
            case Group(is_subshell=True):
                try:
                    return self._body(node.body, state.subshell(), given, out, is_tested=is_tested)
                except Leave as leave:
                    return _left(leave, "exit", "return")
            case Group():
                return self._body(node.body, state, given, out, is_tested=is_tested)
            case _:
                assert_never(node)

    def _substituted(self, body: Body, state: State) -> str:
        out = Output(use="script")
        try:
            state.status = self._body(body, state.subshell(), None, out, is_tested=False)
        except Leave as leave:
            state.status = _left(leave, "exit", "return")
        return out.text.rstrip("\n")

    def _if(
        self, node: If, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        for condition, body in node.branches:
            if self._body(condition, state, given, out, is_tested=True) == 0:
                return self._body(body, state, given, out, is_tested=is_tested)
        return self._body(node.otherwise, state, given, out, is_tested=is_tested)

    def _loop(
        self, node: For | While, state: State, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        status = 0
        for _ in self._turns(node, state, given, out):
            try:
                status = self._body(node.body, state, given, out, is_tested=is_tested)
            except Leave as leave:
                if leave.what == "break":
                    return 0
                if leave.what != "continue":
                    raise
        return status

    def _turns(
        self, node: For | While, state: State, given: Input | None, out: Output
    ) -> Iterator[None]:
        if isinstance(node, While):
            while True:
                state.bounds.step()
                holds = self._body(node.condition, state, given, out, is_tested=True) == 0
                if holds == node.until:
                    return
                yield
        words = state.arguments
        if node.words is not None:
            words = tuple(Expander(state, self._substituted).fields(node.words))
        for word in words:
            state.bounds.step()
            state.variables[node.name] = word
            yield

    def _case(
        self, node: Case, expander: Expander, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        word = expander.text(node.word)
        for patterns, body in node.items:
            if any(expander.pattern(pattern).fits(word) for pattern in patterns):
                return self._body(body, expander.state, given, out, is_tested=is_tested)
        return 0

    def _simple(
        self, node: Simple, expander: Expander, given: Input | None, out: Output, *, is_tested: bool
    ) -> int:
        state = expander.state
        words = expander.fields(node.words)
        kept = {name: state.variables.get(name) for name, _ in node.assignments}
        for name, word in node.assignments:  # each sees those before it
            state.variables[name] = expander.text(word)
        if not words:
            # Without a command the status is that of the last substitution (2.9.1).
            return expander.status
        call = Call(words[0], tuple(words[1:]), state, given, out)
        body = state.functions.get(call.name)
        if body is not None:
            return self._function(call, body, is_tested=is_tested)
        try:
            return self._call(call)
        finally:
            for name, value in kept.items():
                state.variables.pop(name, None)
                state.variables.update({name: value} if value is not None else {})

    def _call(self, call: Call) -> int:
        command = self._own.get(call.name) or self._commands.get(call.name)
        if command is None and call.name.startswith("/"):
            command = self._commands.get(call.name.rpartition("/")[2])
        if len(call.words) > _MOST_ARGUMENTS:
            raise call.refuse("with more words than any command takes")
        try:
            return self._program(call) if command is None else command(call)
        except Broken:
            raise
        except (ArithmeticError, LookupError, ValueError):
            raise call.refuse("with arguments that are not known here") from None

    def _program(self, call: Call) -> int:
        """A script of a package that another one calls is followed as well."""
        place = _program(call.name, call.state)
        most = _LONGEST_SCRIPT + 1
        start = call.root.content(call.root.real(place), most=most) if place else None
        shell = start is not None and SHELL.match(start.decode(errors="replace"))
        if start is None or not shell:
            raise call.refuse()
        inner = call.state.subshell()
        inner.arguments, inner.functions = call.words, {}
        inner.fails = "e" in shell["options"]
        try:
            body = _parsed(start.decode(), inner)
            return self._body(body, inner, call.given, call.out, is_tested=False)
        except Leave as leave:
            return _left(leave, "exit", "return")

    def _function(self, call: Call, body: Node, *, is_tested: bool) -> int:
        state = call.state
        arguments, state.arguments = state.arguments, call.words
        try:
            return self._node(body, state, call.given, call.out, is_tested=is_tested)
        except Leave as leave:
            return _left(leave, "return")
        finally:
            state.arguments = arguments

    def _leave(self, call: Call) -> int:
        status = int(call.words[0]) if call.words else call.state.status
        is_loops = call.name in {"break", "continue"}
        if not 0 <= status <= _GREATEST_STATUS or (is_loops and call.words not in {(), ("1",)}):
            raise call.refuse("with a number that is not known here")
        raise Leave(call.name, 0 if is_loops else status)

    def _source(self, call: Call) -> int:
        path = call.words[0] if call.words else ""
        known = self._commands.get(f". {path}")
        if known is not None:
            return known(call)
        content = call.root.content(call.root.real(path), most=_LONGEST_SCRIPT + 1)
        if content is None:
            raise call.refuse("which is not there")
        try:
            body = _parsed(content.decode(), call.state)
            return self._body(body, call.state, call.given, call.out, is_tested=False)
        except Leave as leave:
            return _left(leave, "return")

    def _command(self, call: Call) -> int:
        if call.words[:1] in {("-v",), ("-V",)}:
            return self._which(Call("which", call.words[1:], call.state, call.given, call.out))
        if call.words:
            return self._call(Call(call.words[0], call.words[1:], call.state, call.given, call.out))
        return 0

    def _which(self, call: Call) -> int:
        status = 0
        for word in call.words:
            place = word if word in call.state.functions else _program(word, call.state)
            if place:
                call.say(f"{place}\n")
            else:
                status = 1
        return status


def _left(leave: Leave, *ways: str) -> int:
    """The status of what is left by one of these ways; others leave what that is in, too.

    Raises:
        Unfollowable: It is a loop that is left, from where no loop can be.
    """
    if leave.what in ways:
        return leave.status
    if leave.what in {"break", "continue"}:
        raise Unfollowable("it leaves a loop from where none is")
    raise leave


def _parsed(text: str, state: State) -> Body:
    state.bounds.spend(len(text))
    return parse(text)


def _is_simple(pipeline: Pipeline) -> bool:
    last = pipeline.commands[-1]
    return isinstance(last, Simple) or (isinstance(last, Group) and last.is_subshell)


def _program(name: str, state: State) -> str:
    folders = state.variables.get("PATH", "").split(":")
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in folders]
    return next((place for place in places if state.root.leads_to(place) == "file"), "")
