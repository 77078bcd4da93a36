"""What is allowed and probably unintended, as answers show it."""

from pydantic import BaseModel


class WarningOut(BaseModel):
    """What is allowed but probably unintended."""

    pointer: str
    message: str
