"""All that creators' applications ask for."""

from server.routes.creators import (
    analyses,
    captions,
    contentideas,
    fanmessages,
    replyideas,
    sales,
    suggestionhealth,
    summary,
)
from server.routes.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *fanmessages.OPERATIONS,
    *captions.OPERATIONS,
    *analyses.OPERATIONS,
    *summary.OPERATIONS,
    *sales.OPERATIONS,
    *replyideas.OPERATIONS,
    *suggestionhealth.OPERATIONS,
    *contentideas.OPERATIONS,
)
