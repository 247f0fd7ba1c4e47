/** Units in which a tracer may send a timestamp by mistake, and the factor that turns each into microseconds. */
const others = { seconds: 1e6, milliseconds: 1e3, nanoseconds: 1e-3 } as const;

/** The years 2000 and 2100 in epoch microseconds. */
const [earliest, latest] = [946_684_800_000_000, 4_102_444_800_000_000];

/**
 * Finds the unit in which a timestamp was sent, if that is not microseconds. In that unit the timestamp lies in this
 * century; read as microseconds it is far from it. Undefined for a timestamp in microseconds.
 */
export function wrongUnitOf(timestamp: number | undefined): keyof typeof others | undefined {
  if (timestamp === undefined) return undefined;
  for (const unit of ['seconds', 'milliseconds', 'nanoseconds'] as const) {
    const micros = timestamp * others[unit];
    if (micros > earliest && micros < latest) return unit;
  }
  return undefined;
}
