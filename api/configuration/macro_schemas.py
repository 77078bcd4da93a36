"""Macros: a set of actions on a ticket."""

from pydantic import Field

from api.configuration.schemas import StatusChangeIn
from api.http.fields import (
    DISPLAYED,
    Attributes,
    Body,
    Identifier,
    Line,
    Strict,
    Word,
    example,
)
from domain.lifecycle.facts import Priority, Visibility
from domain.lifecycle.status import Status


class MacroSetIn(Strict):
    """`attributes` are merged into those of the ticket."""

    priority: Priority | None = None
    type: Word | None = None
    tier: Word | None = None
    product_area: Word | None = None
    attributes: Attributes = Field(default={})


class MacroMessageIn(Strict):
    """In `body`, `{{number}}`, `{{subject}}`, `{{customer}}` and `{{assignee}}` are
    replaced with the values of the ticket. `automatic`: the message does not count as
    an answer; this always holds for messages of an escalation step.
    """

    body: Body
    visibility: Visibility = "internal"
    automatic: bool = True


class MacroAssignIn(Strict):
    team: Identifier | None = None
    agent: Identifier | None = None


class MacroIn(Strict):
    """The actions run in this order. `status` is set last."""

    model_config = example(
        set={"priority": "high", "attributes": {"late": True}},
        add_tags=["late"],
        message={
            "body": "Dear {{customer}}, #{{number}} has gone to a specialist.",
            "visibility": "public",
        },
        assign={"team": "second-line"},
        status={"to": "on_hold", "reason": "waits for the vendor", "lasts": "PT4H"},
    )
    name: Line | None = Field(default=None, description=DISPLAYED)
    set: MacroSetIn | None = None
    add_tags: list[Word] = Field(default=[], max_length=50)
    remove_tags: list[Word] = Field(default=[], max_length=50)
    message: MacroMessageIn | None = None
    assign: MacroAssignIn | None = None
    watch: list[Identifier] = Field(default=[], max_length=50)
    status: Status | StatusChangeIn | None = None
