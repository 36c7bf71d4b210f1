"""Who there is to ask, and what for: told to people who choose."""

from collections.abc import Mapping

from agents.team.analytics import AnalyticsAgent
from agents.team.assistant import AssistantAgent
from agents.team.compliance import ComplianceAgent
from agents.team.content import ContentAgent
from agents.team.messaging import MessagingAgent
from agents.team.sales import SalesAgent
from agents.teamchat import TeamChat

ROSTER: Mapping[str, str] = {
    AssistantAgent.name: "Answers whatever you ask it.",
    MessagingAgent.name: "Answers what fans write, in your voice, and offers what fits.",
    ContentAgent.name: "Writes captions and hashtags as each platform wants them.",
    AnalyticsAgent.name: "Explains your figures, and what to do about them.",
    SalesAgent.name: "Makes sales messages better, with nothing in them that is not so.",
    ComplianceAgent.name: "Checks a text before it goes out, and says what is wrong with it.",
    TeamChat.name: "Whoever of the others fits what you ask, several at once where it takes them.",
}
"""By name, in the order in which they are offered."""
