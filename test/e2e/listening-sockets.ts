/** A TCP socket that listens, from /proc/net/tcp or tcp6. */
export interface ListeningSocket {
  /** As text: 127.0.0.1, 0.0.0.0, ::, ::1, or an IPv4 address. */
  readonly address: string;
  readonly port: number;
  readonly inode: number;
}

const listen = '0A';

function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  const ipv4 = bytes.slice(-4).join('.');
  if (bytes.length === 4) return ipv4;
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  return bytes[10] === 0xff && bytes[11] === 0xff ? ipv4 : `[${Buffer.from(bytes).toString('hex')}]`;
}

/**
 * @param table the content of /proc/net/tcp, followed by /proc/net/tcp6 if wanted
 * @see proc_pid_net(5)
 */
export function readListening(table: string): ListeningSocket[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    return state === listen
      ? [{ address: addressOf(address), port: Number.parseInt(port, 16), inode: Number(inode) }]
      : [];
  });
}
