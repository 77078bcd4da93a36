"""What is allowed and probably unintended, as answers show it."""

from api.http.answers import Answer


class WarningOut(Answer):
    """What is allowed but probably unintended."""

    pointer: str
    message: str
