// Moving plots of the last two minutes: requests per second of all models, latency of one.
import { element, offer } from "./dom.js";
import { Plot } from "./plot.js";

export class Traffic {
  #select = document.getElementById("traffic-model");
  #field = document.getElementById("traffic-model-field");
  #rateNow = document.getElementById("rate-now");
  #latencyNow = document.getElementById("latency-now");
  #rate = new Plot(document.getElementById("rate"), [{ label: "requests", color: "--accent", fill: true }], perSecond, 4);
  #latency = new Plot(
    document.getElementById("latency"),
    [
      { label: "p50", color: "--accent" },
      { label: "p99", color: "--second" },
    ],
    micros,
    1000,
  );
  #before = null;

  constructor() {
    this.#select.addEventListener("change", () => this.#latency.clear());
  }

  show(models, atSeconds) {
    offer(this.#select, this.#field, models.map((model) => model.name));
    this.#showRate(models, atSeconds);
    this.#showLatency(models.find((model) => model.name === this.#select.value), atSeconds);
  }

  // The server did not answer: the lines break, and counting starts anew when it does.
  gap(atSeconds) {
    this.#before = null;
    this.#rate.add(atSeconds, [null]);
    this.#latency.add(atSeconds, [null, null]);
    this.#rateNow.textContent = "";
    this.#latencyNow.textContent = "";
  }

  #showRate(models, atSeconds) {
    const count = (key) => models.reduce((sum, model) => sum + model.requests[key], 0);
    const now = { atSeconds, success: count("success"), failure: count("failure") };
    const rates = this.#before && ratesBetween(this.#before, now);
    this.#before = now;
    this.#rate.add(atSeconds, [rates ? rates.success + rates.failure : null]);
    this.#rateNow.textContent = rates
      ? `${perSecond(rates.success)} answered, ${perSecond(rates.failure)} failed per second`
      : "";
  }

  #showLatency(model, atSeconds) {
    const measured = model && model.latency.p99Micros > 0;
    this.#latency.add(atSeconds, measured ? [model.latency.p50Micros, model.latency.p99Micros] : [null, null]);
    this.#latencyNow.replaceChildren(...(measured ? readings(model) : ["No request in the last seconds"]));
  }
}

// A counter that went down belongs to a server that started anew, or to a model that was unloaded.
function ratesBetween(before, now) {
  const seconds = now.atSeconds - before.atSeconds;
  const rate = (key) => Math.max(0, now[key] - before[key]) / seconds;
  return seconds > 0 ? { success: rate("success"), failure: rate("failure") } : null;
}

function readings(model) {
  return [
    swatch("p50"),
    `p50 ${micros(model.latency.p50Micros)}  `,
    swatch("p99"),
    `p99 ${micros(model.latency.p99Micros)} · ${model.name}, last seconds`,
  ];
}

function swatch(name) {
  return element("span", { class: `swatch ${name}`, "aria-hidden": "true" });
}

function perSecond(value) {
  return value >= 100 ? Math.round(value).toLocaleString() : (Math.round(value * 10) / 10).toLocaleString();
}

function micros(value) {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} s`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} ms`;
  return `${Math.round(value)} µs`;
}
