// Two clocks: the server's, and the stamp that is being played. Both in ms of unix time.

const NTP_EPOCH = 2208988800000; // 1900 to 1970
const NTP_FROM = 3e12; // as unix time this is the year 2065, as NTP time 1995

/** A stamp in ns, as it travels (a string), in ms: exact to 0.3 µs. */
export const milliseconds = nanoseconds => Number(nanoseconds) / 1e6;

/** Browsers differ in whether estimatedPlayoutTimestamp counts from 1900, as its RFC, or from 1970. */
export const fromNtp = value => value > NTP_FROM ? value - NTP_EPOCH : value;

/** The server's clock, from the answer that came back the fastest. */
export class ServerClock {
  #samples = [];

  pong(sent, now) {
    const received = performance.now();
    if (!Number.isFinite(sent) || !Number.isFinite(now) || sent > received) return;
    this.#samples.push({ trip: received - sent, offset: now - (sent + received) / 2 });
    if (this.#samples.length > 8) this.#samples.shift();
  }

  get trip() {
    return this.#best()?.trip ?? null;
  }

  now() {
    const best = this.#best();
    return best ? performance.now() + best.offset : null;
  }

  forget() {
    this.#samples = [];
  }

  #best() {
    return this.#samples.reduce((best, each) => best && best.trip <= each.trip ? best : each, null);
  }
}

/** The stamp that is being played, between two readings of it: the median of the last few. */
export class PlayClock {
  #offsets = [];

  reading(stamp, at) {
    const offset = stamp - at;
    const held = this.#median();
    // A jump is a new stream, or sound that was skipped: what was before says nothing of it.
    if (held !== null && Math.abs(offset - held) > 400) this.#offsets = [];
    this.#offsets.push(offset);
    if (this.#offsets.length > 5) this.#offsets.shift();
  }

  now() {
    const offset = this.#median();
    return offset === null ? null : performance.now() + offset;
  }

  #median() {
    const sorted = [...this.#offsets].sort((one, other) => one - other);
    return sorted.length ? sorted[sorted.length >> 1] : null;
  }
}
