/** Light or dark: the system's choice until the reader makes one, which a cookie then tells the server at the next visit. */
const A_YEAR_IN_SECONDS = 31_536_000;

export function mountTheme(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const update = () => {
    const label = isDark() ? 'Light theme' : 'Dark theme';
    button.setAttribute('aria-label', label);
    button.title = label;
  };
  button.addEventListener('click', () => {
    root.dataset['theme'] = isDark() ? 'light' : 'dark';
    document.cookie = `tinylm-theme=${root.dataset['theme']}; Path=/; Max-Age=${A_YEAR_IN_SECONDS}; SameSite=Strict`;
    update();
  });
  system.addEventListener('change', update);
  update();
  button.hidden = false;
}
