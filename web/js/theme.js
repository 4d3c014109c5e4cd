// A remembered theme must stand before the first paint.
try {
  const theme = new URLSearchParams(location.search).get('theme') || localStorage.getItem('smm-lab.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden: the system's theme it is.
}
