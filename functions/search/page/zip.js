// A zip file of files as they are, without compression, which pictures have already (APPNOTE.TXT 6.3.10, PKWARE).

/** The largest zip file and the most files in one, without the extension for more. */
export const MOST_BYTES = 2 ** 32 - 2 ** 20;
export const MOST_FILES = 2 ** 16 - 1;

const VERSION = 20; // 2.0
const UTF8 = 1 << 11; // names are UTF-8
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of bytes. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let value = -1;
  for (const byte of bytes) value = (value >>> 8) ^ TABLE[(value ^ byte) & 255];
  return ~value >>> 0;
}

/**
 * The parts of a zip file, as its files come.
 * @param {AsyncIterable<{ name: string, bytes: Uint8Array<ArrayBuffer>, date: Date }>} files with different names
 * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>}
 */
export async function* zipOf(files) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const directory = [];
  let offset = 0;
  for await (const { name, bytes, date } of files) {
    const encoded = new TextEncoder().encode(name);
    const { day, time } = dosTime(date);
    /** @type {Field[]} what both headers of a file have in common */
    const common = [[2, VERSION], [2, UTF8], [2, 0], [2, time], [2, day], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, encoded.length], [2, 0]];
    const local = packed([[4, 0x04034b50], ...common], encoded);
    directory.push(packed([[4, 0x02014b50], [2, VERSION], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]], encoded));
    offset += local.length + bytes.length;
    yield local;
    yield bytes;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield* directory;
  yield packed([[4, 0x06054b50], [2, 0], [2, 0], [2, directory.length], [2, directory.length], [4, size], [4, offset], [2, 0]]);
}

/** @typedef {[width: 2 | 4, value: number]} Field */

/** Numbers, the lowest byte first, and what follows them. @param {Field[]} fields @param {Uint8Array} [rest] */
function packed(fields, rest = new Uint8Array()) {
  const length = fields.reduce((sum, [width]) => sum + width, 0);
  const bytes = new Uint8Array(length + rest.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  bytes.set(rest, at);
  return bytes;
}

/** A local date and time as MS-DOS has it, in steps of two seconds; it begins with 1980. @param {Date} date */
function dosTime(date) {
  const year = Math.max(1980, date.getFullYear());
  return {
    day: ((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(),
    time: (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1),
  };
}
