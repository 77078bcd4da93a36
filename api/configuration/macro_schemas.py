"""Macros: what is done to a ticket in one go."""

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
    """`attributes` are laid over those that the ticket has."""

    priority: Priority | None = None
    type: Word | None = None
    tier: Word | None = None
    product_area: Word | None = None
    attributes: Attributes = Field(default={})


class MacroMessageIn(Strict):
    """In `body`, `{{number}}`, `{{subject}}`, `{{customer}}` and `{{assignee}}` stand
    for what the ticket has. `automatic`: it counts as nobody's answer; what a step of
    an escalation writes always is.
    """

    body: Body
    visibility: Visibility = "internal"
    automatic: bool = True


class MacroAssignIn(Strict):
    team: Identifier | None = None
    agent: Identifier | None = None


class MacroIn(Strict):
    """Done in this order. `status` is turned last."""

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
