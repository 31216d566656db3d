// Keys of the whole page, and the switch between light and dark.

import { byId } from './dom.js';

/** `actions` maps a key to what it does; single letters only where no text is being written. */
export function listen(actions) {
  addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.repeat) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!(key in actions)) return;
    const writing = event.target.closest?.('input:not([type="checkbox"]), select, textarea');
    if (key.length === 1 && (writing || !byId('keys').checked)) return;
    // Where it moves the focus into a box, it is not written there.
    if (key.length === 1) event.preventDefault();
    actions[key]();
  });
}

export function switchTheme() {
  const root = document.documentElement, button = byId('theme');
  const describe = () => button.setAttribute('aria-label',
    root.dataset.theme === 'dark' ? 'Use light colours' : 'Use dark colours');
  new MutationObserver(describe).observe(root, { attributeFilter: ['data-theme'] });
  describe();
  button.onclick = () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    root.dataset.chosen = '';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // A frame may have no storage; the choice then holds until the page is left.
    }
  };
}
