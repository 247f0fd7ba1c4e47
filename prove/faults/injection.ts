import { type Control, type Part, serviceOf } from '../control/control.js';

/** An injection of a fault: the sandbox that it controls, and the times at which it tells parts to end. */
export class Injection {
  /** Epoch milliseconds. */
  readonly terminatedAt: number[] = [];
  readonly secondsToEnd: number[] = [];
  /** When the fault began, in epoch milliseconds. */
  begunAt = Date.now();

  constructor(readonly control: Control) {}

  /** Marks the beginning of the fault. Requests sent until now were sent before it. */
  begins(): void {
    this.begunAt = Date.now();
  }

  /** Sends SIGTERM to all parts at once. Resolves when the service of each has ended. */
  async terminate(parts: readonly Part[]): Promise<void> {
    this.terminatedAt.push(Date.now());
    const { control } = this;
    const ends = parts.map((part) => control.secondsToEnd(serviceOf(part), () => control.signal(part, 'TERM')));
    this.secondsToEnd.push(...(await Promise.all(ends)));
  }
}
