/** The writing desk: one state, one update, and the effects between them. */
import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import { actions } from './actions';
import { copy } from './clipboard';
import { composer } from './composer';
import { Connection } from './connection';
import { follow, isNear } from './follow';
import type { Knob } from './knobs';
import { KNOBS, dice, problemOf, scales as scalesOf } from './knobs';
import { Manuscript } from './manuscript';
import { recall, remember } from './memory';
import type { Model } from './model';
import { unknownSentence, withoutUnknown } from './model';
import { CANCEL, create, forgotten, parse } from './protocol';
import { settings } from './settings';
import type { Action, Ask, State } from './state';
import { isBusy, reduce } from './state';

const REMEMBERED_EVERY_MS = 500;
const STOP_ANSWERED_WITHIN_MS = 3_000;
/** Enough to go on from: models of this size look back over some hundred characters, and servers limit a prompt. */
const LONGEST_INPUT = 10_000;
/** A second press of the same button, not a decision to stop. */
const SAME_PRESS_MS = 300;

export function mount(root: HTMLElement, model: Model): void {
  const scales = scalesOf(model);
  const manuscript = new Manuscript();
  const wide = matchMedia('(min-width: 60rem)');
  let state: State = recall();
  let shown: State = state;
  let unfolded = false;
  let askedAt = 0;
  let frame = 0;
  let saving = 0;

  const connection = new Connection(`${location.origin.replace(/^http/, 'ws')}/v1/responses`, {
    opened: () => dispatch({ type: 'link opened' }),
    lost: (reason) => dispatch({ type: 'link lost', reason }),
    received,
  });

  function dispatch(action: Action): void {
    state = reduce(state, action);
    frame ||= requestAnimationFrame(update);
    saving ||= window.setTimeout(save, REMEMBERED_EVERY_MS);
  }

  function update(): void {
    frame = 0;
    const begins = shown.text?.responseId !== state.text?.responseId;
    const looking = begins || ((isBusy(shown) || isBusy(state)) && isNear(end(), floor()));
    render(view(), root);
    manuscript.update(state.text, isBusy(state) && state.pending === null);
    if (looking) follow(end(), floor());
    shown = state;
  }

  function end(): Element {
    return root.querySelector('.manuscript > :last-child')!;
  }

  function floor(): number {
    return root.querySelector('.actions')!.getBoundingClientRect().top;
  }

  function save(): void {
    clearTimeout(saving);
    saving = 0;
    remember(state);
  }

  function view(): TemplateResult {
    return html`
      ${composer(state, model, {
        prompt: (prompt) => dispatch({ type: 'prompt typed', prompt }),
        example: (prompt) => write(prompt),
        removeUnknown: () => write(withoutUnknown(state.prompt, model)),
      })}
      ${settings(state, scales, wide.matches ? 'fixed' : unfolded ? 'open' : 'closed', {
        set: (knob, value) => dispatch({ type: 'setting typed', knob, value }),
        roll: () => dispatch({ type: 'setting typed', knob: 'seed', value: dice() }),
        restore: () => dispatch({ type: 'settings restored' }),
        toggled: (event) => {
          if (!wide.matches) unfolded = (event.target as HTMLDetailsElement).open;
        },
      })}
      <section class="manuscript" aria-label="Manuscript">
        ${state.text === null ? html`<p class="manuscript-empty">What the model writes appears here.</p>` : nothing}
        ${manuscript.element}
        ${trouble()}
      </section>
      ${actions(state, {
        generate: () => ask('generate'),
        goOn: () => ask('continue'),
        regenerate: () => ask('regenerate'),
        copy: () => void copied(),
        stop: () => {
          if (performance.now() - askedAt > SAME_PRESS_MS) stop();
        },
        retry: () => connection.retryNow(),
      })}`;
  }

  function trouble(): TemplateResult | typeof nothing {
    if (state.notice?.where !== 'text') return nothing;
    return html`<p class="problem manuscript-problem" role="alert">${state.notice.sentence}</p>`;
  }

  function write(prompt: string): void {
    dispatch({ type: 'prompt typed', prompt });
    const area = root.querySelector<HTMLTextAreaElement>('#prompt')!;
    area.focus();
    requestAnimationFrame(() => area.setSelectionRange(prompt.length, prompt.length));
  }

  function ask(kind: Ask): void {
    if (isBusy(state)) return;
    if (kind !== 'generate' && state.text === null) return;
    if (kind === 'regenerate' && state.settings.seed !== '') dispatch({ type: 'setting typed', knob: 'seed', value: dice() });
    if (kind === 'generate' && !promptIsGood()) return;
    if (!settingsAreGood()) return;
    const previous = kind === 'continue' ? state.text!.responseId : null;
    const prompt = kind === 'generate' ? state.prompt : state.text!.prompt;
    const input = kind !== 'continue' ? prompt : previous === null ? recent() : '';
    if (!connection.send(create(input, previous, state.settings, scales))) {
      dispatch({ type: 'said', status: 'Not connected. Trying again\u2026' });
      connection.retryNow();
      return;
    }
    askedAt = performance.now();
    dispatch({ type: 'asked', ask: kind, prompt });
  }

  function promptIsGood(): boolean {
    const sentence = state.prompt === '' ? 'Write at least one character for the model to go on from.' : null;
    if (sentence !== null) dispatch({ type: 'noticed', notice: { where: 'prompt', sentence } });
    if (sentence === null && unknownSentence(state.prompt, model) === null) return true;
    root.querySelector<HTMLElement>('#prompt')!.focus();
    return false;
  }

  function settingsAreGood(): boolean {
    const wrong = KNOBS.find((knob) => problemOf(scales[knob], state.settings[knob]) !== null);
    if (wrong === undefined) return true;
    dispatch({ type: 'said', status: problemOf(scales[wrong], state.settings[wrong])! });
    focusSetting(wrong);
    return false;
  }

  function focusSetting(knob: Knob): void {
    root.querySelector<HTMLDetailsElement>('.settings-fold')!.open = true;
    root.querySelector<HTMLElement>(`#${knob}`)!.focus();
  }

  function whole(): string {
    return state.text === null ? '' : state.text.prompt + state.text.completion;
  }

  function recent(): string {
    return [...whole()].slice(-LONGEST_INPUT).join('');
  }

  function received(frame: string): void {
    const event = parse(frame);
    if (event === null) return;
    const goesOn = state.pending?.ask === 'continue';
    if (goesOn && forgotten(event) && connection.send(create(recent(), null, state.settings, scales))) return;
    dispatch({ type: 'received', event, at: performance.now() });
  }

  function stop(): void {
    if (!isBusy(state) || state.phase === 'stopping') return;
    connection.send(CANCEL);
    dispatch({ type: 'stop asked' });
    const asked = askedAt;
    setTimeout(() => {
      if (state.phase !== 'stopping' || askedAt !== asked) return;
      dispatch({ type: 'stop unanswered' });
      connection.drop('');
    }, STOP_ANSWERED_WITHIN_MS);
  }

  async function copied(): Promise<void> {
    const done = await copy(whole(), manuscript.element);
    dispatch({ type: 'said', status: done ? 'Copied.' : 'The browser did not allow copying: select the text and copy it by hand.' });
  }

  addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask('generate');
    } else if (event.key === 'Escape') {
      stop();
    }
  });
  addEventListener('pagehide', save);
  wide.addEventListener('change', () => update());
  update();
}
