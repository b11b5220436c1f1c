/** The writing desk: one state, one update, and the effects between them. */
import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import { actions } from './actions';
import { copy } from './clipboard';
import { composer } from './composer';
import { Conversation, whole } from './conversation';
import { follow, isNear } from './follow';
import type { Knob } from './knobs';
import { KNOBS, dice, problemOf, scales as scalesOf } from './knobs';
import { legend } from './lenses';
import { Manuscript } from './manuscript';
import { mountMarking } from './marking';
import { recall, remember, rememberAll } from './memory';
import { modelOf, renewed, unknownSentence, withoutUnknown } from './model';
import { panel, place } from './panel';
import type { Action } from './reduce';
import { reduce } from './reduce';
import { settings } from './settings';
import type { Ask, State } from './state';
import { isBusy } from './state';

const REMEMBERED_EVERY_MS = 500;

export function mount(root: HTMLElement): void {
  let model = modelOf(root);
  let scales = scalesOf(model);
  const manuscript = new Manuscript();
  const note = document.createElement('aside');
  const wide = matchMedia('(min-width: 60rem)');
  let state: State = recall();
  let shown: State = state;
  let kept: State = state;
  let unfolded = false;
  let frame = 0;
  let saving = 0;

  const conversation = new Conversation(() => scales, () => state, dispatch);

  function dispatch(action: Action): void {
    const reconnected = action.type === 'link opened' && state.link !== 'connecting'; // at first the page is fresh
    const begun = action.type === 'received' && action.event.type === 'response.created';
    state = reduce(state, action);
    if (reconnected || begun) void renew();
    frame ||= requestAnimationFrame(update);
    saving ||= window.setTimeout(save, REMEMBERED_EVERY_MS);
  }

  function update(): void {
    frame = 0;
    const begins = shown.text?.responseId !== state.text?.responseId;
    const near = (isBusy(shown) || isBusy(state)) && state.mark === null && isNear(end(), floor());
    render(view(), root);
    manuscript.update(state.text, isBusy(state) && state.pending === null, state.lenses.probabilities, state.mark);
    manuscript.element.classList.toggle('is-coloured', state.lenses.colours);
    if (shown.mark !== state.mark) lay();
    if (begins || near) follow(end(), floor());
    shown = state;
  }

  /** Asks which model answers now: another may have been put in its place. */
  async function renew(): Promise<void> {
    const now = await renewed(root);
    if (now === null) return;
    model = now;
    scales = scalesOf(model);
    frame ||= requestAnimationFrame(update);
  }

  /** Lays the note of probabilities beside its character. */
  function lay(): void {
    render(panel(state, { branch, step, close: () => dispatch({ type: 'marked', mark: null }) }), note);
    place(note, state.mark === null ? undefined : manuscript.character(state.mark.at), floor());
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
    if (isWorthKeeping()) remember(state);
    kept = state;
  }

  /** Looking at characters changes nothing that is kept. */
  function isWorthKeeping(): boolean {
    const { prompt, settings, lenses, text, earlier, phase } = kept;
    return prompt !== state.prompt || settings !== state.settings || lenses !== state.lenses || text !== state.text
      || earlier !== state.earlier || phase !== state.phase;
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
        look: (lens, on) => dispatch({ type: 'lens switched', lens, on }),
        unfold,
      })}
      <section class="manuscript" aria-label="Manuscript">
        ${state.text === null ? html`<p class="manuscript-empty">What the model writes appears here.</p>` : nothing}
        ${legend(state)}
        ${manuscript.element}
        ${note}
        <div class="manuscript-foot">${trouble()}${wayBack()}</div>
      </section>
      ${actions(state, {
        generate: () => ask('generate'),
        goOn: () => ask('continue'),
        regenerate: () => ask('regenerate'),
        copy: () => void copied(),
        stop: () => {
          if (!conversation.hasJustAsked()) conversation.stop();
        },
        retry: () => conversation.retryNow(),
      })}`;
  }

  function trouble(): TemplateResult | typeof nothing {
    if (state.notice?.where !== 'text') return nothing;
    return html`<p class="problem manuscript-problem" role="alert">${state.notice.sentence}</p>`;
  }

  function wayBack(): TemplateResult | typeof nothing {
    if (isBusy(state) || state.earlier.length === 0) return nothing;
    return html`<p class="manuscript-back">
      <button type="button" class="link" @click=${() => dispatch({ type: 'went back' })}>Back to the earlier text</button>
    </p>`;
  }

  function write(prompt: string): void {
    dispatch({ type: 'prompt typed', prompt });
    const area = root.querySelector<HTMLTextAreaElement>('#prompt')!;
    area.focus();
    requestAnimationFrame(() => area.setSelectionRange(prompt.length, prompt.length));
  }

  function ask(kind: Exclude<Ask, 'branch'>): void {
    if (isBusy(state)) return;
    if (kind === 'generate') {
      if (promptIsGood() && settingsAreGood()) conversation.ask(kind, state.prompt);
    } else if (state.text !== null) {
      if (kind === 'regenerate' && state.settings.seed !== '') dispatch({ type: 'setting typed', knob: 'seed', value: dice() });
      if (settingsAreGood()) conversation.ask(kind, state.text.prompt);
    }
  }

  /** Leaves the text before the marked character, with another in its place; the model must have stopped for that. */
  function branch(character: string): void {
    const { text, mark } = state;
    if (text === null || mark === null || !settingsAreGood()) return;
    const prompt = text.prompt + [...text.completion].slice(0, mark.at).join('') + character;
    manuscript.element.focus({ preventScroll: true });
    conversation.stop(() => conversation.ask('branch', prompt));
  }

  function step(by: -1 | 1): void {
    const at = (state.mark?.at ?? 0) + by;
    if (manuscript.character(at)) dispatch({ type: 'marked', mark: { at, held: true } });
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

  function unfold(open: boolean): void {
    if (wide.matches || open === unfolded) return;
    unfolded = open;
    render(view(), root);
  }

  function focusSetting(knob: Knob): void {
    unfold(true);
    root.querySelector<HTMLElement>(`#${knob}`)!.focus();
  }

  async function copied(): Promise<void> {
    const done = await copy(whole(state), manuscript.element);
    dispatch({ type: 'said', status: done ? 'Copied.' : 'The browser did not allow copying: select the text and copy it by hand.' });
  }

  addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask('generate');
    } else if (event.key === 'Escape') {
      if (isBusy(state)) conversation.stop();
      else dispatch({ type: 'marked', mark: null });
    }
  });
  addEventListener('pagehide', () => rememberAll(state));
  addEventListener('focus', () => void renew());
  addEventListener('resize', lay);
  wide.addEventListener('change', () => update());
  note.className = 'panel';
  note.setAttribute('aria-label', 'Probabilities');
  mountMarking(manuscript, note, { mark: () => state.mark, look: (mark) => dispatch({ type: 'marked', mark }) });
  render(view(), root);
  lay();
  update();
}
