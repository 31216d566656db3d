// The text side of the connection: a WebSocket with JSON objects, which comes back by itself.

import { Backoff } from './dom.js';
import { milliseconds, ServerClock } from './clock.js';

const PING_EVERY = 4000;
const SILENT_TOO_LONG = 12000;

/**
 * Dispatches what the server says as CustomEvents named by its `type`, with the object as detail;
 * and `open` and `lost` for the connection.
 */
export class Events extends EventTarget {
  clock = new ServerClock();
  #socket = null;
  #backoff = new Backoff();
  #timer = 0;
  #heard = 0;
  #ended = false;

  connect() {
    if (this.#ended) return;
    const socket = new WebSocket(new URL('/events', location.href.replace(/^http/, 'ws')));
    this.#socket = socket;
    socket.onopen = () => {
      this.clock.forget();
      this.#heard = performance.now();
      this.#ping();
      this.#timer = setInterval(() => this.#ping(), PING_EVERY);
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = event => this.#received(event.data);
    socket.onclose = async () => {
      clearInterval(this.#timer);
      if (this.#ended) return;
      this.dispatchEvent(new Event('lost'));
      await this.#backoff.wait();
      this.connect();
    };
  }

  close() {
    this.#ended = true;
    this.#socket?.close();
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send an object; return whether there was a connection to send it over. */
  send(message) {
    if (!this.connected) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #ping() {
    if (performance.now() - this.#heard > SILENT_TOO_LONG) this.#socket.close();
    else this.send({ type: 'ping', sent: performance.now() });
  }

  #received(data) {
    this.#heard = performance.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not of this protocol
    }
    if (typeof message?.type !== 'string') return;
    if (message.type === 'hello') this.#backoff.reset();
    if (message.type === 'pong') this.clock.pong(message.sent, milliseconds(message.now));
    else this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }
}
