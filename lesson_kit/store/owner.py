"""The user whose data a call may touch, as the request's context names them."""

from __future__ import annotations

from typing import Any

__all__ = ["user_of"]


def user_of(context: Any) -> str:
    """Return the attribute `user` of a request's context; "" when it has none: nobody in particular.

    Raises `TypeError` for a user that is no text: a number taken for "" would show everybody's data to everybody.
    """
    user = getattr(context, "user", None)
    if user is None:
        return ""
    if not isinstance(user, str):
        raise TypeError(
            f"expected the context's `user` to be text, but it is a {type(user).__name__}. "
            'Name each user by a string, such as an account\'s id; "" is nobody in particular.'
        )
    return user
