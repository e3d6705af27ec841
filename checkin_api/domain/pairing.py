"""What the punches of one duty say: the IN, the OUT, the spans worked, what each punch counts for (rules 3 to 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin_api.domain.ids import Direction, Disposition, HoursRule
from checkin_api.domain.windows import AssignedPunch, PunchFact, dispose

# An IN without a duty is closed by the next OUT within this time. Source: attendance rule 12.
UNROSTERED_LONGEST = timedelta(hours=16)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Paired:
    """The punches of one record, in order, and what they come to; what is missing stays missing (rule 11)."""

    punches: tuple[AssignedPunch, ...]
    sign_in: datetime | None
    sign_out: datetime | None
    spans: tuple[Span, ...]


def pair(punches: Sequence[AssignedPunch], rule: HoursRule) -> Paired:
    """Find IN, OUT and the spans worked among the punches of one duty.

    A punch that is neither IN nor OUT of the record nor ends a span is ``ignored``. An OUT counts only after an IN: one
    that was made before the first IN is ignored, so that no span is negative. Source: attendance rules 4 and 5.

    Args:
        punches: Those that ``windows.assign`` gave to the duty, in the order they were made.
        rule: How the duty counts hours.
    """
    kept = [number for number, punch in enumerate(punches) if punch.disposition is Disposition.USED]
    facts = [punches[number].fact for number in kept]
    pairs = _first_last(facts) if rule is HoursRule.FIRST_LAST else _every_pair(facts)
    ends = [(begin, end) for begin, end in pairs if begin is not None and end is not None]
    first_in = next((begin for begin, _ in pairs if begin is not None), None)
    last_out = ends[-1][1] if ends else next((end for _, end in reversed(pairs) if end is not None), None)
    counted = {
        kept[index] for index in (first_in, last_out, *(index for span in ends for index in span)) if index is not None
    }
    return Paired(
        tuple(_disposed(punch, counted=number in counted) for number, punch in enumerate(punches)),
        None if first_in is None else facts[first_in].at,
        None if last_out is None else facts[last_out].at,
        tuple((facts[begin].at, facts[end].at) for begin, end in ends),
    )


def pair_unrostered(punches: Iterable[PunchFact]) -> list[Paired]:
    """Records of one officer's punches that belong to no duty.

    Each IN opens a record, the next OUT within 16 hours closes it; an undirected punch does whichever is due. An OUT
    that closes nothing is a record of its own. Source: attendance rules 3 and 12.
    """
    records: list[list[AssignedPunch]] = []
    for fact in sorted(punches, key=lambda fact: (fact.at, fact.direction is Direction.OUT, str(fact.key))):
        last = records[-1] if records else []
        disposition = dispose(fact, last)
        opened = last[0].fact if last and last[0].fact.direction is not Direction.OUT else None
        is_open = opened is not None and not _closed(last) and fact.at - opened.at <= UNROSTERED_LONGEST
        if disposition is Disposition.DUPLICATE or (is_open and fact.direction is not Direction.IN):
            last.append(AssignedPunch(fact, disposition))
        else:
            records.append([AssignedPunch(fact, Disposition.USED)])
    return [pair(record, HoursRule.FIRST_LAST) for record in records]


def _closed(record: Sequence[AssignedPunch]) -> bool:
    return sum(punch.disposition is Disposition.USED for punch in record) > 1


def _disposed(punch: AssignedPunch, *, counted: bool) -> AssignedPunch:
    if counted or punch.disposition is Disposition.DUPLICATE:
        return punch
    return AssignedPunch(punch.fact, Disposition.IGNORED)


def _first_last(facts: Sequence[PunchFact]) -> list[tuple[int | None, int | None]]:
    """The first IN and the last OUT after it; an undirected punch stands in where no explicit one does."""
    begin = _find(facts, Direction.IN, range(len(facts)))
    after = [number for number in range(len(facts) - 1, -1, -1) if begin is None or _may_end(facts, begin, number)]
    return [(begin, _find(facts, Direction.OUT, after))]


def _may_end(facts: Sequence[PunchFact], begin: int, number: int) -> bool:
    """Whether a punch can be the OUT of an IN: one without direction only if it is later."""
    return number > begin and (facts[number].direction is Direction.OUT or facts[number].at > facts[begin].at)


def _find(facts: Sequence[PunchFact], direction: Direction, order: Sequence[int]) -> int | None:
    for wanted in (direction, Direction.AUTO):
        for index in order:
            if facts[index].direction is wanted:
                return index
    return None


def _every_pair(facts: Sequence[PunchFact]) -> list[tuple[int | None, int | None]]:
    """Each IN with the next OUT; an IN while one is open and an OUT while none is are skipped."""
    pairs: list[tuple[int | None, int | None]] = []
    begin: int | None = None
    for index, fact in enumerate(facts):
        direction = fact.direction
        if direction is Direction.AUTO:
            direction = Direction.IN if begin is None else Direction.OUT
        if direction is Direction.OUT and begin is not None and _may_end(facts, begin, index):
            pairs.append((begin, index))
            begin = None
        elif direction is Direction.IN and begin is None:
            begin = index
    if pairs:
        return pairs
    if begin is not None:
        return [(begin, None)]
    return [(None, len(facts) - 1)] if facts else []
