import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { longestReportMs } from '../observe/judged-trace.js';
import { UsageError } from './exit-code.js';

/** A system, a request for it or a trace of it that is stored already, and how to print the result. */
export interface RequestOptions {
  readonly id?: string;
  readonly file?: string;
  readonly method?: string;
  /** By name, in lower case. */
  readonly header: Readonly<Record<string, string>>;
  readonly data?: string;
  /** Milliseconds. */
  readonly wait?: number;
  readonly url?: string;
  readonly zipkin?: string;
  readonly json?: true;
}

/** The path to request; a command takes the first path of the model without it. */
export const pathArgument = () =>
  new Argument(
    '[path]',
    'the path to request (default: the first route of the front proxy, as shipped /trace/1)',
  ).argParser((text) => {
    if (text.startsWith('/')) return text;
    throw new UsageError(`'${text}' is not a path; give one like /trace/1`);
  });

/**
 * @param flags as commander has them: `-n, --count <requests>`
 * @param most the largest number that the option takes
 * @param fallback the default
 * @returns an option that takes whole numbers from 1
 */
export function numberOption(flags: string, description: string, most: number, fallback?: number): Option {
  const option = new Option(flags, description).argParser((text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return number;
  });
  return fallback === undefined ? option : option.default(fallback);
}

/** @returns an option that takes a time and gives it in the next smaller unit: seconds in milliseconds, or these in microseconds */
export const timeOption = (flags: string, description: string) =>
  new Option(flags, description).argParser((text) => {
    if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text) * 1000;
    throw new InvalidArgumentError('It must be a number, 0 or above.');
  });

/** Reads `Name: value` as a header, for a repeatable option. */
function collectHeader(text: string, headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must read 'Name: value'.");
  return { ...headers, [name.toLowerCase()]: value };
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/$/, '');
  throw new InvalidArgumentError('It must be a URL like http://localhost:8000.');
}

/** Reads a trace id, also in the form of AWS X-Ray, `1-<8 digits>-<24 digits>`. */
function readTraceId(text: string): string {
  const id = text.toLowerCase().replace(/^1-([0-9a-f]{8})-([0-9a-f]{24})$/, '$1$2');
  if (/^[0-9a-f]{1,32}$/.test(id)) return id;
  throw new InvalidArgumentError('It must be 1 to 32 hex digits.');
}

const exclusive = ['id', 'file', 'recent', 'record', 'method', 'data'];

/** @returns the option, which excludes all others that choose a trace, and those of a request */
export const choosing = (option: Option) => option.conflicts(exclusive.filter((other) => other !== option.name()));

export const headerOption = () =>
  new Option('-H, --header <header>', "a request header 'Name: value'; may be repeated")
    .argParser(collectHeader)
    .default({}, 'none');
export const urlOption = () =>
  new Option('--url <url>', 'the front proxy (default: that of the running sandbox)').argParser(httpUrl);
export const jsonOption = () => new Option('--json', 'print the result as one JSON document');

/** @param does what the command does with a trace: 'draw' */
export const storedOptions = (does: string) => [
  choosing(new Option('--id <trace id>', `${does} this trace and send no request`).argParser(readTraceId)),
  choosing(
    new Option('--file <file>', `${does} the traces in this file: one trace as Zipkin's UI downloads it, or several`),
  ),
];

export const requestOptions = () => [
  new Option('-X, --method <method>', 'the HTTP method (default: GET; POST with --data)'),
  headerOption(),
  new Option('-d, --data <text>', 'the request body; sent as a form unless you set the header Content-Type'),
  timeOption(
    '--wait <seconds>',
    `how long to wait for late spans (default: ${longestReportMs / 1000}; less for this sandbox)`,
  ),
  urlOption(),
  new Option('--zipkin <url>', 'Zipkin (default: that of the running sandbox)').argParser(httpUrl),
  jsonOption(),
];

/** Adds options to a command, in this order. */
export function addOptions(command: Command, options: readonly Option[]): Command {
  return options.reduce((all, option) => all.addOption(option), command);
}
