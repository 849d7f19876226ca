"""The tables of the moderation room, one file per subject."""

from moderation.models.acts import ActKind, ActState, PlatformAct, PlatformActMove
from moderation.models.alerts import UrgentNotice, UrgentPause
from moderation.models.assignments import Assignment
from moderation.models.authors import Author, BlockedAuthor
from moderation.models.carrying import WordsAsked, WordsState
from moderation.models.comments import Comment, CommentScore, CommentState, CommentVersion
from moderation.models.followers import Follower, FollowerKind, FollowerMove, FollowerState
from moderation.models.habits import Habit
from moderation.models.letters import Letter, LetterTemplate
from moderation.models.log import (
    CaseState,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    LogOrigin,
    Meeting,
    Referral,
    ReferTo,
)
from moderation.models.pictures import CameWith, CameWithState
from moderation.models.polling import CommentGap, CommentStream, PollRecord, WatchedPost
from moderation.models.replies import SavedReply
from moderation.models.rescoring import RescoreJob, RescoreState
from moderation.models.rules import FlaggingRules

__all__ = [
    "ActKind",
    "ActState",
    "Assignment",
    "Author",
    "BlockedAuthor",
    "CameWith",
    "CameWithState",
    "CaseState",
    "Comment",
    "CommentGap",
    "CommentScore",
    "CommentState",
    "CommentStream",
    "CommentVersion",
    "EventKind",
    "FlaggingRules",
    "Follower",
    "FollowerKind",
    "FollowerMove",
    "FollowerState",
    "Habit",
    "Letter",
    "LetterTemplate",
    "LogCase",
    "LogEntry",
    "LogEvent",
    "LogOrigin",
    "Meeting",
    "PlatformAct",
    "PlatformActMove",
    "PollRecord",
    "ReferTo",
    "Referral",
    "RescoreJob",
    "RescoreState",
    "SavedReply",
    "UrgentNotice",
    "UrgentPause",
    "WatchedPost",
    "WordsAsked",
    "WordsState",
]
