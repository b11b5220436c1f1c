/** A run's state as a small drawing: a shape for each, so that nothing is said by colour alone. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { RunState } from './protocol';
import { STATES } from './words';

const PATHS: Readonly<Record<RunState, string>> = {
  QUEUED: 'M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3.2l2.2 1.6',
  STARTING: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  RUNNING: 'M4.5 2.5 13 8l-8.5 5.5z',
  PAUSED: 'M5.5 3v10M10.5 3v10',
  STOPPING: 'M3.5 3.5h9v9h-9zM6.5 6.5h3v3h-3z',
  STOPPED: 'M3.5 3.5h9v9h-9z',
  FAILED: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  INTERRUPTED: 'M9.5 1.5 4 9h3.7l-1.2 5.5L12 7H8.3z',
  CANCELLED: 'M8 2.5a5.5 5.5 0 1 0 .01 0M4.2 4.2l7.6 7.6',
  SUCCEEDED: 'M2.5 8.5 6.5 12.5 13.5 4',
};

export function mark(state: RunState): TemplateResult {
  return html`<span class="mark" data-state=${state}>
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d=${PATHS[state]}></path></svg>
    ${STATES[state]}</span>`;
}
