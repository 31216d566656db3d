// Small things that several modules share.

/** Return the element with an id. */
export const byId = id => document.getElementById(id);

/**
 * Make an element. What comes from outside goes in as `text`, which is never parsed as HTML.
 * @param {string} tag
 * @param {{text?: string, className?: string}} properties
 * @param {...Node} children
 */
export function make(tag, { text, className } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Return an icon of the page's sprite. */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** Reject with a TimeoutError where `promise` takes longer. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new DOMException('it took too long', 'TimeoutError')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;

/** Pauses between tries that double up to a bound, a little at random so that viewers spread. */
export class Backoff {
  next = FIRST_PAUSE;

  reset() {
    this.next = FIRST_PAUSE;
  }

  wait() {
    const now = this.next * (0.8 + 0.4 * Math.random());
    this.next = Math.min(this.next * 2, LONGEST_PAUSE);
    return pause(now);
  }
}
