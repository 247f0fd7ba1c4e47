/** Units in which a timestamp may have been sent by mistake, and what makes microseconds of one. */
const others = { seconds: 1e6, milliseconds: 1e3, nanoseconds: 1e-3 } as const;

/** 2000 and 2100 in epoch microseconds. */
const [earliest, latest] = [946_684_800_000_000, 4_102_444_800_000_000];

/**
 * The unit in which a timestamp was sent, if not in epoch microseconds as Zipkin takes it: in that unit it lies in this
 * century, in microseconds far from it.
 */
export function wrongUnitOf(timestamp: number | undefined): keyof typeof others | undefined {
  if (timestamp === undefined) return undefined;
  for (const unit of ['seconds', 'milliseconds', 'nanoseconds'] as const) {
    const micros = timestamp * others[unit];
    if (micros > earliest && micros < latest) return unit;
  }
  return undefined;
}
