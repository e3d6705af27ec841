"""Times of one officer that overlap: duties 勤務 on the roster, leave 請假."""

from collections.abc import Iterator, Sequence

import numpy as np

from checkin_api.domain.columns import Ints


def overlaps(officers: Ints | Sequence[str | int], begins: Ints, ends: Ints) -> Iterator[tuple[int, int]]:
    """Find spans that begin before another span of the same officer has ended; to touch is fine.

    Args:
        officers: Whose each span is, told apart by any one kind of value.
        begins: When each begins, in any unit that counts up.
        ends: When each ends, after it begins.

    Yields:
        The positions of two spans, the second beginning no earlier than the first, which is the one before it that
        ends last. Every span is second at most once.
    """
    if len(begins) == 0:
        return
    whose = np.asarray(officers)
    order = np.lexsort((begins, whose))
    whose, begin, end = whose[order], begins[order], ends[order]
    # Officers one after the other on one axis, so that no span of one reaches into the next one's.
    number = np.concatenate(([0], np.cumsum(whose[1:] != whose[:-1])))
    apart = number * (end.max() - begin.min())
    begin, end = begin + apart, end + apart
    last = np.maximum.accumulate(end)
    lasting = np.maximum.accumulate(np.where(end == last, np.arange(len(end)), 0))
    for at in np.flatnonzero(begin[1:] < last[:-1]):
        yield int(order[lasting[at]]), int(order[at + 1])
