"""`dataclasses.replace` for the values that the fold copies with every event.

The library's version checks for each field whether it may be set, and calls the
constructor: on a ticket of thirty fields that was four fifths of the time of a fold.
This one copies what is there. So it is for frozen dataclasses that check nothing when
they are created and cache nothing afterwards; to the type checker the two are the same.
"""

from typing import TYPE_CHECKING, TypeVar

__all__ = ["replace"]
_T = TypeVar("_T")

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value: _T, /, **changes: object) -> _T:
        """A copy with these fields changed; TypeError for an unknown field."""
        copy = object.__new__(type(value))
        fields = copy.__dict__
        fields.update(value.__dict__)
        known = len(fields)
        fields.update(changes)
        if len(fields) > known:
            unknown = ", ".join(sorted(changes.keys() - value.__dict__.keys()))
            msg = f"{type(value).__name__} has no field {unknown}"
            raise TypeError(msg)
        return copy
