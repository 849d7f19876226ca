"""What each account is for, and how its success is judged (P10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class AccountPurpose(Base):
    """Purpose and measures of success of one account, as the headteacher set them last."""

    __tablename__ = "account_purposes"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    purpose: Mapped[str]
    measures: Mapped[str]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
