"""How the messages of `activities.contracts` are read from Temporal's payloads.

The SDK itself resolves the type hints of a dataclass again for each payload. In the
workflow sandbox that is slow: on a busy machine a replay with thousands of signals then
runs into the SDK's two-second deadlock detector, and never gets past it.
"""

from dataclasses import fields, replace
from typing import Any

from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    JSONTypeConverter,
)
from typing_extensions import override

from activities.contracts import (
    DeliverInput,
    DeliverResult,
    EnforceInput,
    SimulatePageInput,
    SimulatePageResult,
    SimulationState,
    TicketPlan,
)

KNOWN_FIELDS: dict[type, frozenset[str]] = {
    message: frozenset(field.name for field in fields(message))
    for message in (
        TicketPlan,
        EnforceInput,
        DeliverInput,
        DeliverResult,
        SimulationState,
        SimulatePageInput,
        SimulatePageResult,
    )
}


class MessageConverter(JSONTypeConverter):
    """Messages hold plain JSON values; a field of a later release is ignored."""

    @override
    def to_typed_value(self, hint: type, value: Any) -> Any:
        known = KNOWN_FIELDS.get(hint)
        if known is None or not isinstance(value, dict):
            return self.Unhandled
        return hint(**{name: value[name] for name in value if name in known})


class MessagePayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        ours = JSONPlainPayloadConverter(custom_type_converters=[MessageConverter()])
        given = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(ours if c.encoding == ours.encoding else c for c in given))


MESSAGES = replace(
    DataConverter.default, payload_converter_class=MessagePayloadConverter
)
