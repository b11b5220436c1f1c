/** One chart: a canvas that ECharts draws on, in the colours of the page. */
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { thinned } from './series';
import type { Point } from './series';
import type { Axis } from './state';
import { count } from './words';

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface Line {
  /** What the tooltip calls it; empty for a line that is only scenery. */
  readonly name: string;
  readonly data: readonly Point[];
  /** A custom property of the page's style. */
  readonly colour: string;
  readonly look: 'faint' | 'strong' | 'thin' | 'points';
  /** Counts the runs: each has a symbol of its own. */
  readonly run: number;
}

/** ECharts' options for each look. */
const LOOKS: Readonly<Record<Line['look'], object>> = {
  faint: { z: 1, silent: true, showSymbol: false, lineStyle: { width: 1, opacity: 0.28 }, itemStyle: { opacity: 0 } },
  strong: { z: 2, showSymbol: false, lineStyle: { width: 2 } },
  thin: { z: 2, showSymbol: false, lineStyle: { width: 1.25 } },
  points: { z: 3, showSymbol: true, lineStyle: { width: 1.25, type: [4, 3] } },
};
const SYMBOLS = ['circle', 'triangle', 'diamond', 'rect', 'roundRect', 'pin'];

export class Curve {
  readonly element = document.createElement('div');
  readonly #probe = document.createElement('span');
  readonly #format: (value: number) => string;
  readonly #exact: (value: number) => string;
  #chart: EChartsType | null = null;
  #drawn: readonly [readonly Line[], Axis] = [[], 'steps'];

  /** @param format how a value reads beside the axis, and in the tooltip unless `exact` says otherwise */
  constructor(kind: 'large' | 'small', format: (value: number) => string, exact = format) {
    this.#format = format;
    this.#exact = exact;
    this.element.className = `curve curve-${kind}`;
    this.element.setAttribute('role', 'img');
    this.#probe.hidden = true;
    new ResizeObserver(() => this.#resize()).observe(this.element);
    const redraw = () => this.#draw();
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  }

  /** @param label what the picture shows, in a sentence */
  update(lines: readonly Line[], axis: Axis, label: string): void {
    this.element.setAttribute('aria-label', label);
    this.#drawn = [lines, axis];
    this.#draw();
  }

  #resize(): void {
    if (this.element.clientWidth === 0) return;
    if (this.#chart === null) this.#draw();
    else this.#chart.resize();
  }

  /** ECharts must know the size, so a chart begins when its element is laid out. */
  #draw(): void {
    if (this.element.clientWidth === 0) return;
    if (this.#chart === null) {
      this.#chart = init(this.element, null, { renderer: 'canvas' });
      this.element.append(this.#probe);
    }
    this.#chart.setOption(this.#option(), { replaceMerge: 'series' });
  }

  #option(): Record<string, unknown> {
    const [lines, axis] = this.#drawn;
    const isLarge = this.element.classList.contains('curve-large');
    const { fontFamily } = getComputedStyle(this.element);
    const text = { color: this.#colour('--faint'), fontFamily, fontSize: isLarge ? 12 : 11 };
    return {
      animation: false,
      grid: { left: 4, right: 14, top: 10, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: {
        type: 'value', min: 'dataMin', max: 'dataMax', splitNumber: isLarge ? 6 : 3,
        axisLine: { onZero: false, lineStyle: { color: this.#colour('--rule') } }, axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { ...text, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: along[axis] },
      },
      yAxis: {
        type: 'value', scale: true, splitNumber: isLarge ? 5 : 2, axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { ...text, formatter: this.#format },
        splitLine: { lineStyle: { color: this.#colour('--rule'), width: 1 } },
      },
      // rich text is drawn on the canvas: a run's name never becomes markup
      tooltip: {
        trigger: 'axis', renderMode: 'richText', confine: true, padding: [6, 10], borderWidth: 1,
        backgroundColor: this.#colour('--sheet'), borderColor: this.#colour('--edge'),
        textStyle: { ...text, fontSize: 12, color: this.#colour('--ink') },
        axisPointer: { lineStyle: { color: this.#colour('--edge'), type: 'solid' } },
        formatter: ([pointed]: readonly { readonly value: Point }[]) => this.#tooltip(pointed!.value[0]),
      },
      series: lines.map((line, at) => this.#series(line, at)),
    };
  }

  #series({ name, data, colour, look, run }: Line, at: number): object {
    return {
      ...LOOKS[look], type: 'line', id: at, name, data: look === 'points' ? data : thinned(data),
      color: this.#colour(colour), symbol: SYMBOLS[run % SYMBOLS.length], symbolSize: 6, emphasis: { disabled: true },
    };
  }

  /** What each line had last said at that place; ECharts itself leaves out lines without a point right there. */
  #tooltip(at: number): string {
    const [lines, axis] = this.#drawn;
    const values = lines.flatMap(({ name, data }) => {
      const said = at > (data.at(-1)?.[0] ?? -1) ? undefined : data.findLast(([x]) => x <= at);
      return name === '' || said === undefined || Number.isNaN(said[1]) ? [] : [`${name}  ${this.#exact(said[1])}`];
    });
    return [axis === 'steps' ? `Step ${count(at)}` : `${at.toFixed(1)} min`, ...values].join('\n');
  }

  /** The property as a colour that a canvas understands, light or dark. */
  #colour(property: string): string {
    this.#probe.style.color = `var(${property})`;
    return getComputedStyle(this.#probe).color;
  }
}

const along: Readonly<Record<Axis, (value: number) => string>> = {
  steps: (value) => (Number.isInteger(value) ? count(value) : ''),
  minutes: (value) => `${Number(value.toFixed(2))} min`,
};
