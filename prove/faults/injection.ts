import { type Control, type Part, serviceOf } from '../control/control.js';

/** A fault on its way: what it has power over, and what it tells to end. */
export class Injection {
  /** Epoch milliseconds. */
  readonly terminatedAt: number[] = [];
  readonly secondsToEnd: number[] = [];
  /** Since when the fault is there, epoch milliseconds. */
  begunAt = Date.now();

  constructor(readonly control: Control) {}

  /** Says that the fault is there from now on: requests sent until now were sent before it. */
  begins(): void {
    this.begunAt = Date.now();
  }

  /** Sends SIGTERM to all of these at once; resolves when each one's service has ended. */
  async terminate(parts: readonly Part[]): Promise<void> {
    this.terminatedAt.push(Date.now());
    const { control } = this;
    const ends = parts.map((part) => control.secondsToEnd(serviceOf(part), () => control.signal(part, 'TERM')));
    this.secondsToEnd.push(...(await Promise.all(ends)));
  }
}
