/** What one change set may hold, whoever makes it: it is in memory whole, and whoever wants one of its paths waits for the last. */
export const MOST_CHANGES = 10_000;
export const MOST_CHANGE_BYTES = 64 * 1024 * 1024;
