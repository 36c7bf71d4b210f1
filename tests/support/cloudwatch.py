"""CloudWatch and CloudFormation as moto's server has them, spoken to as their clients do."""

from typing import Any

import httpx2

from tests.support.emf import Datum

REGION, ACCOUNT = "eu-central-1", "123456789012"


class Cloud:
    def __init__(self, url: str) -> None:
        self._url = url

    def create_stack(self, name: str, template: str, **parameters: str) -> None:
        given = {
            f"Parameters.member.{number}.Parameter{part}": value
            for number, pair in enumerate(parameters.items(), start=1)
            for part, value in zip(("Key", "Value"), pair, strict=True)
        }
        self._post(
            "cloudformation",
            data={"Action": "CreateStack", "StackName": name, "TemplateBody": template, **given},
        )

    def cloudwatch(self, action: str, **request: Any) -> Any:
        headers = {
            "X-Amz-Target": f"GraniteServiceVersion20100801.{action}",
            "Content-Type": "application/x-amz-json-1.0",
        }
        answer = self._post("monitoring", json=request, headers=headers)
        return answer.json() if answer.content else None

    def take(self, data: list[Datum]) -> None:
        """What CloudWatch does with metrics that it finds in log lines."""
        for datum in data:
            values = {
                "MetricName": datum.name,
                "Unit": datum.unit,
                "Dimensions": [
                    {"Name": name, "Value": value} for name, value in datum.dimensions.items()
                ],
                "Values": datum.values,
                "Counts": [1] * len(datum.values),
                "Timestamp": datum.at.timestamp(),
            }
            self.cloudwatch("PutMetricData", Namespace=datum.namespace, MetricData=[values])

    def _post(
        self, service: str, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx2.Response:
        scope = f"test/20261121/{REGION}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
        answer = httpx2.post(
            f"{self._url}/",
            headers={"Authorization": signed, **(headers or {})},
            timeout=60,
            **body,
        )
        assert answer.is_success, answer.text
        return answer


def resolve(value: Any, names: dict[str, Any], holds: dict[str, bool]) -> Any:
    """A part of a template with its references filled in, as CloudFormation does it; ``holds`` says
    which conditions do."""
    match value:
        case {"Ref": name}:
            return names[name]
        case {"Fn::Sub": text}:
            for name, known in names.items():
                text = text.replace(f"${{{name}}}", str(known))
            return text
        case {"Fn::If": [condition, yes, no]}:
            return resolve(yes if holds[condition] else no, names, holds)
        case dict():
            return {key: resolve(inner, names, holds) for key, inner in value.items()}
        case list():
            return [resolve(inner, names, holds) for inner in value]
        case _:
            return value
