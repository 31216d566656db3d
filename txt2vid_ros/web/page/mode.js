// Runs before anything is drawn: which form of the page this is, and in which colours.
(() => {
  'use strict';
  const root = document.documentElement;
  const query = new URLSearchParams(location.search);
  root.dataset.mode = query.has('kiosk') ? 'kiosk' : location.pathname === '/embed' || query.has('embed') ? 'embed' : 'page';
  for (const part of ['talk', 'text']) {
    if (['0', 'off', 'no', 'false'].includes(query.get(part))) root.dataset[part] = 'off';
  }
  let chosen = query.get('theme');
  try {
    chosen ??= localStorage.getItem('theme');
  } catch {
    // A frame may have no storage; then the system's colours hold.
  }
  const known = ['light', 'dark'].includes(chosen);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  root.dataset.theme = known ? chosen : dark.matches ? 'dark' : 'light';
  if (known) root.dataset.chosen = '';
  dark.addEventListener('change', () => {
    if (!('chosen' in root.dataset)) root.dataset.theme = dark.matches ? 'dark' : 'light';
  });
})();
