"""Messages in Temporal outlive the release that wrote them."""

from temporalio.api.common.v1 import Payload

from activities.contracts import TicketPlan
from infra.temporal.payloads import MESSAGES

PLAN = TicketPlan("t1", 3, 1_000, done=False)


def converter():
    return MESSAGES.payload_converter


def test_a_message_is_read_as_it_was_written():
    payload = converter().to_payload(PLAN)
    assert converter().from_payload(payload, TicketPlan) == PLAN


def test_a_field_of_a_later_release_is_passed_over():
    payload = Payload(
        metadata={"encoding": b"json/plain"},
        data=b'{"ticket_id":"t1","version":3,"next_due_ms":1000,"done":false,"new":1}',
    )
    assert converter().from_payload(payload, TicketPlan) == PLAN


def test_what_is_no_message_of_ours_is_left_to_the_sdk():
    payload = converter().to_payload(["a", 1])
    assert converter().from_payload(payload, list) == ["a", 1]
