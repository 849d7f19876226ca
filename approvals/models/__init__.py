"""The tables of the approvals room."""

from approvals.models.composing import DraftRemark, PostTemplate
from approvals.models.crops import CropChoice
from approvals.models.decisions import ApprovalDecision, ApprovalRequest, DecisionKind, Submission
from approvals.models.drafts import (
    Criterion,
    Draft,
    DraftMove,
    DraftRevision,
    Objective,
    PupilsAppear,
    RevisionAccount,
    RevisionPicture,
    RevisionPupil,
)
from approvals.models.faces import BlurChoice, Looked, LookState, PictureLook, PictureWords
from approvals.models.feeds import CalendarFeed
from approvals.models.link_looks import LinkLook, LinkState
from approvals.models.media import MediaFile, MediaRendition, RenditionUse
from approvals.models.publications import Publication, PublicationMove, PublicationStep, PublicPicture
from approvals.models.reach import PostFigures
from approvals.models.takedowns import Takedown, TakedownMove, TakedownState
from approvals.models.unsaved import UnsavedDraft
from approvals.models.videos import RevisionVideo, VideoFile, VideoMove, VideoPart, VideoPiece, VideoState

__all__ = [
    "ApprovalDecision",
    "ApprovalRequest",
    "BlurChoice",
    "CalendarFeed",
    "Criterion",
    "CropChoice",
    "DecisionKind",
    "Draft",
    "DraftMove",
    "DraftRemark",
    "DraftRevision",
    "LinkLook",
    "LinkState",
    "LookState",
    "Looked",
    "MediaFile",
    "MediaRendition",
    "Objective",
    "PictureLook",
    "PictureWords",
    "PostFigures",
    "PostTemplate",
    "PublicPicture",
    "Publication",
    "PublicationMove",
    "PublicationStep",
    "PupilsAppear",
    "RenditionUse",
    "RevisionAccount",
    "RevisionPicture",
    "RevisionPupil",
    "RevisionVideo",
    "Submission",
    "Takedown",
    "TakedownMove",
    "TakedownState",
    "UnsavedDraft",
    "VideoFile",
    "VideoMove",
    "VideoPart",
    "VideoPiece",
    "VideoState",
]
