// The table of models and versions.
import { element } from "./dom.js";

const STATES = { READY: "good", LOADING: "busy", UNLOADING: "busy", UNAVAILABLE: "bad" };
const COLUMNS = ["Model", "Version", "State", "Device", "Loaded in", "Since", "Answered", "Failed"];
const NUMBERS = new Set(["Loaded in", "Answered", "Failed"]);

export class Models {
  #place;
  #shown = "";

  constructor(place) {
    this.#place = place;
  }

  show(models) {
    const now = JSON.stringify(models.map((model) => [model.name, model.versions, model.requests]));
    if (now === this.#shown) return;
    this.#shown = now;
    this.#place.replaceChildren(models.length === 0 ? nothing() : table(models));
  }
}

function nothing() {
  return element(
    "p",
    { class: "notice" },
    "No model is served yet. Train the first one with ",
    element("code", {}, "./millrace train digits"),
    ", move the alias ",
    element("code", {}, "champion"),
    " of a registered model to a version, or start with ",
    element("code", {}, "./millrace serve --models DIR"),
    ".",
  );
}

function table(models) {
  const head = COLUMNS.map((name) =>
    element("th", { scope: "col", class: NUMBERS.has(name) ? "number" : "" }, name),
  );
  const rows = models.flatMap((model) => model.versions.map((version, i) => row(model, version, i)));
  return element(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": "Models and versions" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)),
  );
}

function row(model, version, index) {
  const first = index === 0;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, first ? model.name : ""),
    element("td", {}, version.version, version.live ? " (live)" : ""),
    state(version),
    element("td", {}, version.device || "–"),
    element("td", { class: "number" }, version.loadMillis ? millis(version.loadMillis) : "–"),
    element("td", {}, version.availableSince ? since(version.availableSince) : "–"),
    element("td", { class: "number" }, first ? model.requests.success.toLocaleString() : ""),
    element("td", { class: "number" }, first ? model.requests.failure.toLocaleString() : ""),
  );
}

function state(version) {
  const cell = element(
    "td",
    {},
    element("span", { class: "pill", "data-state": STATES[version.state] ?? "busy" }, version.state),
  );
  if (version.reason) cell.append(element("span", { class: "reason" }, version.reason));
  return cell;
}

function millis(value) {
  return value < 1000 ? `${value} ms` : `${(value / 1000).toFixed(1)} s`;
}

function since(instant) {
  const moment = new Date(instant);
  const today = moment.toDateString() === new Date().toDateString();
  return today ? moment.toLocaleTimeString() : moment.toLocaleString();
}
