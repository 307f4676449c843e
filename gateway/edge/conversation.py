"""A conversation: a driver's dialogues, run over the bytes of a port. It does no I/O itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from devices.dialogue import Ask, Listen, Pause, Received
from devices.errors import DecodeError, DriverError, NoReply, NotReady
from devices.framing import Frame, Framer
from gateway.edge.lapse import Lapse
from gateway.edge.line import at_last_byte

if TYPE_CHECKING:
    from devices.dialogue import Dialogue, Opening, Step
    from devices.driver import Driver, Line, Settings
    from devices.framing import Piece
    from devices.sample import Sample
    from gateway.clock import Stamp
    from gateway.edge.port import Chunk
    from gateway.edge.watch import Watch

IDLE_SECONDS: Final = 0.5
"""A gap within a frame after which the rest of it will never come."""

_REST_SECONDS: Final = 5.0
"""Between two attempts to prepare a sensor, or to run a dialogue that takes no step."""

_LONGEST_REST: Final = 60.0
"""The same at most where others wait for the line: it doubles with each attempt that fails."""

_MOST_WAITING: Final = 64
"""Frames that wait for a dialogue which pauses; the oldest go first."""

_MOST_STEPS: Final = 256
"""Steps between two reads: a dialogue that waits for nothing must not keep its thread."""

_TAKEN_SECONDS: Final = 10.0
"""Within it, a sensor that was told has forgotten nothing: it speaks as it does."""

_APART: Final = 0.002
"""Seconds between two frames of one device at least: no two may share a millisecond."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A sample, and when the last byte of its frame was on the line."""

    sample: Sample
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Waking:
    """The sensor says that it does not measure yet, or speaks again: it may have had no power.

    One that speaks again is prepared again, too: what it was told may be forgotten.
    """

    stamp: Stamp


Event: TypeAlias = Observed | Waking


class Conversation:
    """Told what was read and what time it is; says what to write, and what was observed.

    A port that opens begins with `begin`; then each read, with or without bytes, is told to `hear`,
    and what `say` returns is written.
    """

    def __init__(
        self,
        driver: Driver,
        settings: Settings,
        line: Line,
        watch: Watch,
        pace: float = 0.0,
        shared: bool = False,  # noqa: FBT001, FBT002 - whether, as in `Device`
    ) -> None:
        """Talk to one device.

        Args:
            driver: How it speaks.
            settings: What the driver was told about it.
            line: How long a byte takes.
            watch: Counts what happens.
            pace: Seconds between two questions to a sensor that only answers; asked more often
                than it measures, it would only repeat itself.
            shared: Whether others wait for the line while it does not answer.
        """
        self._driver = driver
        self._settings = settings
        self._line = line
        self._watch = watch
        self._pace = pace
        self._shared = shared
        self._longest = _LONGEST_REST if shared else _REST_SECONDS
        self._cutter = driver.cutter(settings)
        self._lapse = Lapse(driver)
        self._last: Stamp | None = None
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """Begin anew on a port that was opened: prepare the sensor, then read for ever."""
        self._framer = Framer(self._cutter)
        self._frames: deque[tuple[bytes, Stamp]] = deque(maxlen=_MOST_WAITING)
        self._heard_at = now
        self._heard: Chunk | None = None
        self._whole_from = now + self._driver.rest_seconds
        self._asked_at = -float("inf")
        self._outgoing = self._said = b""
        self._rest = _REST_SECONDS
        self._events: list[Event] = []
        self._held: Observed | None = None
        self._told_at: float | None = None
        self._lapse.begin(now)
        self._start(now, opening=True)

    @property
    def resting(self) -> bool:
        """Whether it is between two dialogues: nothing was asked that may yet be answered."""
        return self._idle and isinstance(self._step, Pause)

    @property
    def due(self) -> float:
        """When it goes on by itself, monotonic: at the end of a rest, or of its patience."""
        return self._until

    def hear(self, chunk: Chunk) -> list[Event]:
        """Take what was read, or that nothing was; return what came of it.

        A stall is a gap like any other, but no fault of the sensor: its time runs on afterwards.
        """
        self._until += chunk.stalled
        self._lapse.stall(chunk.stalled)
        if chunk.stalled:
            self._whole_from = chunk.now + self._driver.rest_seconds
        if chunk.data:
            self._heard_at, self._heard = chunk.now, chunk
            self._sort(self._framer.feed(chunk.data), chunk)
        elif self._heard is not None and chunk.now - self._heard_at > IDLE_SECONDS:
            self._sort(self._framer.end(), self._heard)
            self._heard = None
        self._advance(chunk.now)
        events, self._events = self._events, []
        return events

    def say(self) -> bytes:
        """Return what is to be written now; mostly nothing."""
        data, self._outgoing = self._outgoing, b""
        return data

    # -- frames -----------------------------------------------------------------------------

    def _sort(self, pieces: list[Piece], chunk: Chunk) -> None:
        for piece in pieces:
            if not isinstance(piece, Frame):
                self._discard(piece.raw)
                continue
            self._watch.framed(chunk.now)
            expected = self._opening or isinstance(self._step, Listen)
            self._lapse.framed(chunk.now, expected=expected)
            stamp = at_last_byte(chunk.stamp, piece.behind, chunk.span, self._line)
            self._last = _after(self._last, stamp)
            if isinstance(self._step, Pause) and self._step.deaf:
                continue
            if chunk.now < self._whole_from:
                continue
            if len(self._frames) == _MOST_WAITING:
                self._watch.errors += 1
                self._frames.popleft()
            self._frames.append((piece.raw, self._last))

    def _discard(self, junk: bytes) -> None:
        """Count junk, but for what an adapter returns of our own question."""
        strange = junk.replace(self._said, b"", 1) if self._said else junk
        if strange:
            self._watch.junked(len(strange))

    def _forget(self) -> None:
        """Drop frames and the beginning of one: they are old."""
        self._frames.clear()
        self._framer = Framer(self._cutter)
        self._heard = None

    # -- dialogues --------------------------------------------------------------------------

    def _start(self, now: float, *, opening: bool, rest: float = 0.0) -> None:
        """Begin a dialogue, `rest` seconds from now."""
        begin = self._driver.start if opening else self._driver.read
        self._dialogue: Dialogue | Opening = begin(self._settings)
        self._opening = opening
        self._idle = self._ended = True
        self._asked = self._polled = self._odd = self._answered = False
        self._stamp: Stamp | None = None
        self._unasked: tuple[bytes, Stamp] | None = None
        self._step: Step = Pause(rest)
        self._until = now + rest

    def _advance(self, now: float) -> None:
        """Go on until the dialogue waits for something that has not come, or wants to write.

        Where others wait for the line, its end is theirs.
        """
        self._ended = False
        for _ in range(_MOST_STEPS):
            if self._outgoing or (self._shared and self._ended):
                return
            if isinstance(self._step, Pause):
                if now < self._until:
                    return
                self._resume(now, None)
            elif self._frames:
                self._receive(now, *self._frames.popleft())
            elif now >= self._until:
                self._resume(now, NoReply(f"nothing within {self._step.within} s"))
            else:
                return

    def _receive(self, now: float, raw: bytes, stamp: Stamp) -> None:
        try:
            fields = self._driver.decode(raw, self._settings)
        except DecodeError as error:
            self._watch.failed(error, asked=self._asked)
            return
        if not (isinstance(self._step, Ask) and self._step.aside):
            self._stamp = stamp
        self._odd = self._odd or self._driver.belies(fields)
        if self._has_forgotten(now, raw):
            self._lapse.passed = True
        heard = self._opening and isinstance(self._step, Listen)
        self._unasked = (raw, stamp) if heard else None
        self._resume(now, Received(raw, fields))

    def _resume(self, now: float, news: Received | NoReply | None) -> None:
        """Hand the dialogue what it waited for, and take its next step or its end."""
        if news is not None:
            self._answered = isinstance(news, Received)
        try:
            if isinstance(news, Received):
                step = self._dialogue.send(news)
            elif news is None:
                step = next(self._dialogue)
            else:
                step = self._dialogue.throw(news)
        except StopIteration as end:
            self._end(now, end.value)
        except DriverError as error:
            self._fail(now, error)
        else:
            self._take(now, step)

    def _take(self, now: float, step: Step) -> None:
        if isinstance(step, Ask):
            if self._idle and not self._opening:
                self._asked_at = now
                self._polled = True
            self._asked = True
            self._lapse.wait_from(now)
            self._forget()
            self._outgoing = self._said = step.data
        self._idle = False
        self._step = step
        self._until = now + (step.seconds if isinstance(step, Pause) else step.within)
        if isinstance(step, Pause):
            self._lapse.wait_from(self._until)

    def _end(self, now: float, sample: Sample | None) -> None:
        if self._opening:
            self._prepared(now)
            return
        if sample is not None and self._stamp is not None:
            if self._odd:
                sample = replace(sample, fault=another(self._driver))
            observed = Observed(sample, self._stamp)
            if self._lapse.passed:
                self._woke(self._stamp)
                self._held = observed
                self._start(now, opening=True)
                return
            self._observe(now, observed)
        self._read_on(now, idle=self._idle)

    def _prepared(self, now: float) -> None:
        """End an opening; what was held meanwhile is believed where nothing had to be told."""
        if self._asked:
            if self._driver.unit_told and self._told_at is not None and not self._answered:
                self._fail(now, NoReply("it took its unit before, and does not answer now"))
                return
            self._told_at = now if self._answered else None
        if self._stamp is not None:
            if self._lapse.passed:
                self._woke(self._stamp)
            self._watch.prepared()
            self._rest = _REST_SECONDS
        held, self._held = self._held, None
        if held is not None and self._asked:
            self._watch.errors += 1
            self._asked_at = -float("inf")  # what is not believed is measured anew, at once
        elif held is not None:
            self._observe(now, held)
        if self._unasked is not None:
            self._frames.appendleft(self._unasked)  # that it streams is told by its first reading
        self._read_on(now, idle=False)

    def _observe(self, now: float, observed: Observed) -> None:
        self._watch.sampled(now, observed.sample.fault)
        self._events.append(observed)

    def _woke(self, stamp: Stamp) -> None:
        self._lapse.passed = False
        self._events.append(Waking(stamp))

    def _has_forgotten(self, now: float, raw: bytes) -> bool:
        """Say whether a frame shows that the sensor has lost what it had taken."""
        if self._opening or self._told_at is None or now - self._told_at < _TAKEN_SECONDS:
            return False
        return self._driver.forgets(raw, self._settings)

    def _fail(self, now: float, error: DriverError) -> None:
        self._watch.failed(error, asked=self._asked)
        self._lapse.missed(error, self._watch.cause, asked=self._polled or self._opening)
        if isinstance(error, NotReady) and self._stamp is not None:
            self._events.append(Waking(self._stamp))
        if self._opening:
            self._start(now, opening=True, rest=self._rest)
            self._rest = min(2 * self._rest, self._longest)
        elif self._driver.proves and not isinstance(error, NotReady):
            self._start(now, opening=True, rest=max(0.0, self._asked_at + self._pace - now))
        else:
            self._read_on(now, idle=self._idle)

    def _read_on(self, now: float, *, idle: bool) -> None:
        """Begin the next read: at once, or at its pace where the last one began with a question."""
        due = now + _REST_SECONDS if idle else self._asked_at + self._pace
        self._start(now, opening=False, rest=max(0.0, due - now))


def another(driver: Driver) -> str:
    """Say what is wrong where a stream has the right form and says what its sensor never does."""
    return f"no {driver.name} says this: is another model plugged in?"


def _after(last: Stamp | None, stamp: Stamp) -> Stamp:
    """Move a stamp to behind the last one, so that they never share a millisecond."""
    early = 0.0 if last is None else last.boot + _APART - stamp.boot
    return stamp.back(-early) if early > 0 else stamp
