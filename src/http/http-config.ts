/** What an operator may set about the HTTP face (API.md, Configuration). */
export interface HttpConfig {
  /** Host names answered besides the loopback names, as clients spell them in `Host`. */
  readonly hosts: readonly string[];
  /** Largest JSON body, and largest line of a bulk. */
  readonly bodyLimitBytes: number;
  /** Event streams and long polls open at once. */
  readonly streams: number;
  /** Connections open at once; what comes beyond is closed at once. */
  readonly connections: number;
}

export const DEFAULT_HTTP_CONFIG: HttpConfig = {
  hosts: [],
  bodyLimitBytes: 16 * 1024 * 1024,
  streams: 1200,
  connections: 2048,
};

/** Limits that nobody needs to set (API.md, Perimeter). */
export const URL_LIMIT_BYTES = 8 * 1024;
export const HEADERS_LIMIT_BYTES = 16 * 1024;
export const HEADERS_WITHIN_MS = 10_000;
export const IDLE_MS = 60_000;
/** Bodies above this are sent piece by piece, at the pace of the client. */
export const STREAMED_ABOVE_BYTES = 1024 * 1024;
