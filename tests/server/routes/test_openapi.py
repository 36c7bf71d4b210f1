"""OpenAPI: it validates, it names every route, and it says what each can answer."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from server.domain.errors import Conflict, NotFound
from server.routes.catalogue import OPERATIONS
from server.routes.openapi import PARAMETER, errors_of, openapi
from server.routes.operations import Access


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi(OPERATIONS, version="1.2.3")


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)
    assert document["info"]["version"] == "1.2.3"


def test_every_operation_is_there_under_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = []
    for operation in OPERATIONS:
        path = PARAMETER.sub(r"{\1}", operation.path)
        described = document["paths"][path][operation.method.lower()]
        names.append(described["operationId"])
        assert described["summary"]
        assert str(operation.status) in described["responses"]
        assert (described["security"] == []) == (operation.access is Access.PUBLIC)
    assert len(names) == len(set(names))


def test_path_parameters_carry_their_type(document: dict[str, Any]) -> None:
    (parameter,) = document["paths"]["/api/turns/{turn_id}"]["get"]["parameters"]
    assert parameter["schema"] == {"type": "string", "format": "uuid"}
    assert parameter["required"] is True


def test_query_parameters_are_those_of_the_struct(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/conversations"]["get"]["parameters"]
    limit = next(p for p in parameters if p["name"] == "limit")
    assert (limit["in"], limit["required"]) == ("query", False)
    assert limit["schema"]["maximum"] == 200


def test_it_says_who_may_ask_and_what_parameters_mean(document: dict[str, Any]) -> None:
    def described(path: str, method: str) -> str:
        text: str = document["paths"][path][method]["description"]
        return text

    told = described("/api/integrations/stats", "put")
    assert told.startswith("For admins. A key with scopes needs `integrations:write`.")
    assert "`issuer`: whose" in told
    assert "`user`: whom it concerns" in told
    assert "`q`: what an agent might be asked." in described("/api/insights", "get")
    streamed = described("/api/ai/chat", "post")
    assert streamed.startswith("A key with scopes needs `turns`. Streams events")
    assert described("/api/auth/me", "delete") == "No key with scopes may ask."
    assert described("/api/auth/sign-in", "post") == "Asks for no credentials."


def test_answers_are_enveloped_and_streams_offered(document: dict[str, Any]) -> None:
    post = document["paths"]["/api/conversations/{conversation_id}/messages"]["post"]
    content = post["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["required"] == ["success", "data", "meta"]
    assert "text/event-stream" in content
    assert "$ref" in post["requestBody"]["content"]["application/json"]["schema"]


def test_errors_are_grouped_by_status(document: dict[str, Any]) -> None:
    operation = next(o for o in OPERATIONS if o.name == "post_message")
    kinds = errors_of(operation)
    assert {NotFound, Conflict} <= set(kinds)
    post = document["paths"]["/api/conversations/{conversation_id}/messages"]["post"]
    assert {str(kind.status) for kind in kinds} <= set(post["responses"])
    described = post["responses"]["409"]["description"]
    assert "`conflict`" in described
    assert "`idempotency_mismatch`" in described


@pytest.mark.parametrize("path", ["/api/ai/chat", "/api/ai/completions", "/api/ai/test"])
def test_whatever_can_fail_a_turn_stands_with_those_who_wait_for_one(
    document: dict[str, Any], path: str
) -> None:
    answers = document["paths"][path]["post"]["responses"]
    for code, status in (
        ("provider_error", "502"),
        ("provider_protocol", "502"),
        ("provider_rate_limited", "503"),
        ("worker_lost", "503"),
        ("draining", "503"),
        ("provider_timeout", "504"),
    ):
        assert f"`{code}`" in answers[status]["description"]


def test_an_upload_is_a_body_of_any_type_or_a_form() -> None:
    (upload,) = (operation for operation in OPERATIONS if operation.upload)
    described = openapi([upload], version="1")["paths"][upload.path]["post"]
    assert set(described["requestBody"]["content"]) == {
        "application/octet-stream",
        "multipart/form-data",
    }
    assert {"413", "415"} <= set(described["responses"])


def test_what_is_counted_tells_its_limits_in_every_answer(document: dict[str, Any]) -> None:
    for path in ("/api/ai/test", "/api/conversations/{conversation_id}/messages"):
        responses = document["paths"][path]["post"]["responses"]
        assert all(
            {"RateLimit", "RateLimit-Policy"} <= set(each["headers"]) for each in responses.values()
        )
        assert "Retry-After" in responses["429"]["headers"]
        assert "Retry-After" in responses["503"]["headers"]
        assert "Retry-After" not in responses["200"]["headers"]
    read = document["paths"]["/api/ai/quota"]["get"]["responses"]
    assert "headers" not in read["200"]
    assert set(read["503"]["headers"]) == {"Retry-After"}
