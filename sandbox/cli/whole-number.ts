import { InvalidArgumentError } from 'commander';

/** @returns a commander parser of whole numbers from 1 to `most` */
export function wholeNumber(most: number) {
  return (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return number;
  };
}
