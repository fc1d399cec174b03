const NEWLINE = 0x0a;

/**
 * Bytes in pieces, lines out, without their ends: for each piece the lines that it completes. Blank lines are left out.
 * Throws `tooLong()` once a line passes the limit.
 */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  limitBytes: number,
  tooLong: () => Error,
): AsyncGenerator<readonly Buffer[], void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      lines.push(rest.length === 0 ? piece : Buffer.concat([...rest, piece]));
      [rest, restBytes, start] = [[], 0, end + 1];
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > limitBytes || lines.some((line) => line.length > limitBytes)) throw tooLong();
    yield lines.filter((line) => !isBlank(line));
  }
  yield [Buffer.concat(rest)].filter((line) => !isBlank(line));
}

const isBlank = (line: Buffer): boolean => line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
