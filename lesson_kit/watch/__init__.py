"""A watch on the event loop: it names the line that blocks.

While one callback runs, nothing else on the loop does: every stream that the process serves stands still (ledger B27).
asyncio's own debug mode names only the task that was slow. Here a second thread asks the loop for a sign of life,
and when none comes it looks at the stack of the loop's thread: the line it finds there is the one that blocks.

Like nothing else in the kit this is about the wall clock itself. On a virtual loop a block is real too, and is found.
"""

from .block import Blockage
from .context import Watch, watch

__all__ = ["Blockage", "Watch", "watch"]
