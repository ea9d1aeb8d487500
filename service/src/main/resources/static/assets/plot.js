// One plot over a window of time, in the colours of the page.
import uPlot from "/webjars/uplot/1.6.30/dist/uPlot.esm.js";

const WINDOW_SECONDS = 120;
const HEIGHT = 150;

export class Plot {
  #place;
  #lines;
  #print;
  #floor;
  #data;
  #plot;

  // Prints values with print; the vertical axis reaches up to floor at least.
  constructor(place, lines, print, floor) {
    this.#place = place;
    this.#lines = lines;
    this.#print = print;
    this.#floor = floor;
    this.#data = [[], ...lines.map(() => [])];
    this.#draw();
    new ResizeObserver(() => this.#plot.setSize({ width: this.#width(), height: HEIGHT })).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  add(atSeconds, values) {
    const [times, ...columns] = this.#data;
    times.push(atSeconds);
    columns.forEach((column, i) => column.push(values[i]));
    while (times[0] < atSeconds - WINDOW_SECONDS) this.#data.forEach((column) => column.shift());
    this.#plot.setData(this.#data, false);
    this.#plot.setScale("x", { min: atSeconds - WINDOW_SECONDS, max: atSeconds });
  }

  clear() {
    this.#data = [[], ...this.#lines.map(() => [])];
    this.#plot.setData(this.#data);
  }

  #draw() {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), this.#data, this.#place);
  }

  #options() {
    const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
    return {
      width: this.#width(),
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_, min, max) => [0, Math.max(this.#floor, max * 1.15)] } },
      series: [{}, ...this.#lines.map((line) => series(line))],
      axes: [
        { ...axis, size: 28, values: (_, ticks) => ticks.map(clock) },
        { ...axis, size: 64, values: (_, ticks) => ticks.map(this.#print) },
      ],
    };
  }

  #width() {
    return Math.max(120, this.#place.clientWidth);
  }
}

function series(line) {
  return {
    label: line.label,
    stroke: color(line.color),
    fill: line.fill ? color("--accent-soft") : undefined,
    width: 2,
    spanGaps: false,
    points: { show: false },
  };
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { minute: "2-digit", second: "2-digit" });
}
