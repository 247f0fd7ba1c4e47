import { InvalidArgumentError, Option } from 'commander';

/**
 * @param flags as commander takes them: `-n, --count <requests>`
 * @param most the largest number that is accepted
 * @param fallback the default
 * @returns an option that accepts whole numbers from 1
 */
export function numberOption(flags: string, description: string, most: number, fallback?: number): Option {
  const option = new Option(flags, description).argParser((text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return number;
  });
  return fallback === undefined ? option : option.default(fallback);
}
