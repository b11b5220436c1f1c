/** How likely each character was to the model, before temperature: read from the server's `logprobs`. */

export type Alternative = readonly [character: string, logprob: number];

/** What the model expected at one place of the completion; logprobs are natural logarithms. */
export interface Odds {
  readonly logprob: number;
  /** The likeliest characters, likeliest first; the written one may be among them. */
  readonly alternatives: readonly Alternative[];
}

export const ALTERNATIVES = 10;

/** One entry of `logprobs`, as the server sends it. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top_logprobs?: readonly { readonly token: string; readonly logprob: number }[];
}

export function oddsOf({ logprob, top_logprobs = [] }: TokenLogprob): Odds {
  return { logprob: rounded(logprob), alternatives: top_logprobs.map((top) => [top.token, rounded(top.logprob)]) };
}

/** `known` with `more` in the places from `at` on; places between them that the server said nothing about are null. */
export function withOdds(known: readonly (Odds | null)[], at: number, more: readonly Odds[]): readonly (Odds | null)[] {
  return [...known.slice(0, at), ...Array<null>(Math.max(0, at - known.length)).fill(null), ...more];
}

/** A chance in percent, short enough for a column. */
export function percent(logprob: number): string {
  const chance = 100 * Math.exp(logprob);
  if (chance < 0.05) return '< 0.1%';
  if (chance > 99.95) return '> 99.9%';
  return `${chance < 9.95 || chance > 99 ? chance.toFixed(1) : chance.toFixed(0)}%`;
}

/** Surprise: 0 for what was certain, 1 for an even chance, and 1 more each time that the chance is halved. */
export function bits(logprob: number): number {
  return Math.max(0, -logprob / Math.LN2);
}

/** Where each tint of surprise begins, in bits, and what that is as a chance. */
export const TINTS: readonly { readonly from: number; readonly chance: string }[] = [
  { from: 0, chance: 'over 50%' },
  { from: 1, chance: '25 to 50%' },
  { from: 2, chance: '6 to 25%' },
  { from: 4, chance: '1.6 to 6%' },
  { from: 6, chance: 'under 1.6%' },
];

export function tint(logprob: number): number {
  return TINTS.findLastIndex(({ from }) => bits(logprob) >= from);
}

/** A character that can be seen, or null for one that needs a name. */
export function inkOf(character: string): string | null {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? character : null;
}

const NAMES: Readonly<Record<string, string>> = { ' ': 'space', '\n': 'newline', '\t': 'tab' };

/** How to speak of a character. */
export function nameOf(character: string): string {
  return inkOf(character) ?? NAMES[character] ?? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Enough for a percentage, and a third of the room in the browser's memory. */
function rounded(logprob: number): number {
  return Math.round(Math.max(logprob, -99) * 1000) / 1000;
}
