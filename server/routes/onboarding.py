"""A questionnaire in the beginning, instead of a configuration field by field (A5)."""

from msgspec import UNSET, Struct, structs, to_builtins

from server.accounts.access import Scope
from server.domain.configuration import ConfigurationChange
from server.persistence import configurations
from server.persistence.configurations import Configured
from server.routes.calls import Call
from server.routes.configuration import TAG, ConfigurationView, check_language, view
from server.routes.operations import Operation
from server.routes.questionnaire import Questionnaire, derive


class ApplyOnboarding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``preview``: tell what would be configured, and leave everything as it is."""

    preview: bool = False


class OnboardingApplied(Struct, frozen=True, kw_only=True, rename="camel"):
    """``derived``: the fields of ``configuration`` that come of the answers; the others are as they
    were before."""

    configuration: ConfigurationView
    derived: list[str]


async def apply_onboarding(call: Call) -> OnboardingApplied:
    user, answers = call.caller.user_id, call.body(Questionnaire)
    for place, code in enumerate(answers.languages):
        check_language(code, f"$.languages[{place}]")
    changes = derive(answers)
    database = call.services.database
    if call.query(ApplyOnboarding).preview:
        async with database.snapshot() as tx:
            stored = _with(await configurations.find(tx, user), changes)
    else:
        stored = await database.run(lambda tx: configurations.change(tx, user, changes))
    return OnboardingApplied(configuration=view(stored), derived=list(to_builtins(changes)))


def _with(stored: Configured, changes: ConfigurationChange) -> Configured:
    said = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
    return structs.replace(stored, configuration=structs.replace(stored.configuration, **said))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/apply-onboarding-config",
        handler=apply_onboarding,
        scope=Scope.WRITE,
        summary="Configure how agents speak for the caller by a questionnaire.",
        tag=TAG,
        query=ApplyOnboarding,
        request=Questionnaire,
        response=OnboardingApplied,
    ),
)
