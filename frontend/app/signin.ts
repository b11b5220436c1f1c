/** Who may use the socket: keys are shown at /sign-in, and a cookie that no script can read stands for them. */

/**
 * Why a socket was refused, which a browser does not tell a page: ordinary requests are asked instead. Leads to the door
 * whoever is not signed in; otherwise gives the server's sentence, or null when it has none or cannot be reached.
 */
export async function whyRefused(address = '/v1/responses'): Promise<string | null> {
  try {
    const models = await fetch('/v1/models', { cache: 'no-store' });
    if (models.status === 401) location.assign('/sign-in');
    if (!models.ok) return null;
    const socket = await fetch(address, { cache: 'no-store' });
    if (socket.status !== 403 && socket.status !== 429) return null;
    const { error } = (await socket.json()) as { error: { message: string } };
    return error.message;
  } catch {
    return null; // the connection goes on trying
  }
}

export function mountSignOut(button: HTMLButtonElement): void {
  button.addEventListener('click', async () => {
    await fetch('/v1/session', { method: 'DELETE' });
    location.assign('/sign-in');
  });
}
