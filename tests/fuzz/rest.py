"""The REST interface, asked for whatever its own document allows, and for what it does not.

Schemathesis draws the requests from our OpenAPI document and judges the answers by it: statuses,
content types, schemas. What it cannot know is added here: ids of things that are there, callers
with and without rights, the envelope, and the server's log.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, TypeAlias

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.ids import AnyCase, Ids

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]

PATIENCE_S = 20.0
"""For one answer: longer than any limit of a provider call in the server that is fuzzed."""

GROWING = (2, 5, 25)
"""Requests to an operation in a row: few at first, so that a short run comes round to all."""

CALLERS = ("user", "admin", "nobody", "wrong")

MODELS_FAULT = '"code":"schema_mismatch"'
"""A schema was asked for that the stub cannot fulfil."""

OWN = {"POST /api/auth/sign-out"}
"""What would only end the credential that asks."""


@dataclass(frozen=True)
class Flaw:
    """``request`` repeats it."""

    operation: str
    what: str
    request: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}\n    {self.request}"


@dataclass
class RestFuzzer:
    """``mint``: a new API key of somebody new with that role. ``seen``: answers by status."""

    url: str
    document: dict[str, Any]
    mint: Callable[[str], str]
    flaws: list[Flaw] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    _keys: dict[str, str] = field(default_factory=dict)
    _ids: Ids = field(default_factory=Ids)
    _http: requests.Session = field(default_factory=requests.Session)

    def run(self, seconds: float, number: int) -> None:
        """Fuzz for so long, and every operation at least once however long that takes; ``number``
        is the seed of what is drawn."""
        ends = time.monotonic() + seconds
        chance = random.Random(number)
        operations: list[Operation] = [
            found.ok() for found in self._schema().get_all_operations() if isinstance(found, Ok)
        ]
        for round_, examples in enumerate(chain(GROWING, repeat(GROWING[-1]))):
            # What makes things goes first, so that there is something to ask for.
            chance.shuffle(operations)
            operations.sort(key=lambda one: one.method.upper() != "POST")
            for operation in operations:
                if operation.label in OWN:
                    continue
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    if round_ and time.monotonic() >= ends:
                        return
                    self._fuzz(operation, mode, examples, chance)

    def _schema(self) -> schemathesis.BaseSchema:
        schema = schemathesis.openapi.from_dict(self.document)
        schema.config.update(base_url=self.url)
        return schema

    def _fuzz(
        self, operation: Operation, mode: GenerationMode, examples: int, chance: random.Random
    ) -> None:
        @seed(chance.getrandbits(32))
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: AnyCase) -> None:
            self._ask(case, chance)

        try:
            ask()
        except Unsatisfiable:
            return  # it takes nothing that could be wrong

    def _ask(self, case: AnyCase, chance: random.Random) -> None:
        self._ids.fill(case, chance)
        caller = chance.choice(CALLERS) if chance.random() < 0.4 else "user"
        if caller == "user" and "/admin/" in case.path:
            caller = "admin"
        try:
            answer = case.call(
                session=self._http, headers=self._headers(caller), timeout=PATIENCE_S
            )
        except requests.RequestException as error:
            self._tell(case, f"no answer: {error!r}")
            return
        self.seen[str(answer.status_code)] += 1
        for wrong in judge(case, answer):
            self._tell(case, f"{caller} got {answer.status_code}: {wrong}")
        if answer.status_code == 401 and caller in self._keys:
            del self._keys[caller]  # it was made to revoke itself
        if answer.status_code < 300:
            self._ids.learn(case.operation.path, answer)

    def _headers(self, caller: str) -> dict[str, str]:
        if caller == "nobody":
            return {}
        if caller == "wrong":
            return {"Authorization": "Bearer ck_" + "x" * 43}
        if caller not in self._keys:
            self._keys[caller] = self.mint(caller)
        return {"Authorization": f"Bearer {self._keys[caller]}"}

    def _tell(self, case: AnyCase, what: str) -> None:
        """Once for every operation and kind of trouble."""
        label = case.operation.label
        if not any((flaw.operation, flaw.what) == (label, what) for flaw in self.flaws):
            self.flaws.append(Flaw(label, what, case.as_curl_command()))


def judge(case: AnyCase, answer: Response) -> Iterator[str]:
    """What is wrong with an answer."""
    text = answer.content.decode("utf-8", "replace")
    if answer.status_code >= 500 and MODELS_FAULT not in text:
        yield f"a fault of ours: {text[:300]}"
    if "Traceback" in text:
        yield "a traceback"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield " ".join(str(failure).split())[:600]
    except AssertionError as failure:
        yield " ".join(str(failure).split())[:600]
    (kind,) = answer.headers.get("content-type", [""])
    if answer.status_code >= 400 and not _is_failure(answer, kind, text):
        yield f"no envelope: {kind} {text[:200]}"
    if answer.headers.get("x-content-type-options") != ["nosniff"]:
        yield "no security headers"


def _is_failure(answer: Response, kind: str, text: str) -> bool:
    if kind != "application/json":
        return False
    try:
        body = json.loads(text)
    except ValueError:
        return False
    return (
        set(body) == {"success", "error", "meta"}
        and body["success"] is False
        and [body["meta"]["requestId"]] == answer.headers.get("x-request-id")
    )
