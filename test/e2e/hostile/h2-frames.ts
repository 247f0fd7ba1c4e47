/** HTTP/2 frames, well formed or not, as bytes. RFC 9113, sections 4.1 and 6; RFC 7541 for the header blocks. */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** RFC 9113, section 7. */
export const errorName = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** @param length what the frame says of its payload's length, where that is to be another one */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer | string = '',
  length?: number,
): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), uint32(value)]);

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What a client says first: the preface and its empty settings. */
export const hello = Buffer.concat([preface, frame(frameType.settings, 0, 0)]);

/** A length as HPACK writes it, with a prefix of seven bits. */
function hpackLength(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export type Field = readonly [name: string, value: string];

/** A header block that leaves the table alone: each field as a literal, neither indexed nor Huffman coded. */
export function headerBlock(fields: readonly Field[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.from([0]),
    hpackLength(name.length),
    Buffer.from(name, 'latin1'),
    hpackLength(value.length),
    Buffer.from(value, 'latin1'),
  ]);
  return Buffer.concat(parts);
}

/** The complete frames of what was received. */
export function readFrames(received: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= received.length; ) {
    const end = at + 9 + received.readUIntBE(at, 3);
    if (end > received.length) break;
    frames.push({
      type: received.readUInt8(at + 3),
      flags: received.readUInt8(at + 4),
      stream: received.readUInt32BE(at + 5) & 0x7fffffff,
      payload: received.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

const indexedStatus = [200, 204, 206, 304, 400, 404, 500];
const huffmanDigits = ['00000', '00001', '00010', '011001', '011010', '011011', '011100', '011101', '011110', '011111'];

/** @returns the `:status` of an answer's header block, which comes first in it; undefined where that is not so */
export function statusOf(block: Buffer): number | undefined {
  let at = 0;
  if (((block[0] ?? 0) & 0xe0) === 0x20) {
    // an update of the table's size: a prefix of five bits, and more bytes where those are all ones
    if (((block[0] ?? 0) & 0x1f) === 0x1f)
      do at += 1;
      while (((block[at] ?? 0) & 0x80) !== 0);
    at += 1;
  }
  const first = block[at] ?? 0;
  if (first >= 0x88 && first <= 0x8e) return indexedStatus[first - 0x88];
  const length = block[at + 1] ?? 0;
  const text = block.subarray(at + 2, at + 2 + (length & 0x7f));
  if ((length & 0x80) === 0) return Number(text.toString('latin1'));
  let bits = [...text].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (digits.length < 3) {
    const digit = huffmanDigits.findIndex((code) => bits.startsWith(code));
    if (digit < 0) return undefined;
    digits += digit;
    bits = bits.slice(huffmanDigits[digit]?.length);
  }
  return Number(digits);
}
