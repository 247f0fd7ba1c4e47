/** One line of the checklist. */
export interface Check {
  readonly name: string;
  /** `skipped` if it does not matter, or could not be checked because of something above it. */
  readonly verdict: 'ok' | 'wrong' | 'skipped';
  readonly seen: string;
  /** What to do, if something is wrong. */
  readonly advice?: string;
}

/** Makes a line of each verdict. */
export const ok = (name: string, seen: string): Check => ({ name, verdict: 'ok', seen });
export const wrong = (name: string, seen: string, advice: string): Check => ({ name, verdict: 'wrong', seen, advice });
export const skipped = (name: string, seen: string): Check => ({ name, verdict: 'skipped', seen });
