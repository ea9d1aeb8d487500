// Draw a picture, or choose one, and see what a model makes of it.
import { element, offer } from "./dom.js";
import { Pad } from "./pad.js";

const HINT = "Draw something, and watch the model guess.";

export class Drawing {
  #select = document.getElementById("draw-model");
  #field = document.getElementById("draw-model-field");
  #absent = document.getElementById("draw-absent");
  #whole = document.getElementById("draw");
  #verdict = document.getElementById("verdict");
  #bars = document.getElementById("bars");
  #file = document.getElementById("file");
  #pad = new Pad(document.getElementById("pad"), () => this.#classifyDrawing());
  #asking = false;
  #next = null;

  constructor() {
    document.getElementById("clear").addEventListener("click", () => this.#clear());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#file.addEventListener("change", () => this.#classifyFile());
    this.#select.addEventListener("change", () => this.#classifyDrawing());
  }

  show(models) {
    const names = models.filter((model) => model.image && isReady(model)).map((model) => model.name);
    offer(this.#select, this.#field, names);
    this.#whole.hidden = names.length === 0;
    this.#absent.hidden = names.length > 0;
    this.#absent.textContent =
      models.length === 0
        ? "As soon as a model that takes pictures is served, you can draw for it here."
        : "None of the models takes pictures. A package says how to make its input from one in the 'image' section of its millrace.json.";
  }

  #key(event) {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key.toLowerCase() === "c" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.#clear();
    }
  }

  #clear() {
    this.#pad.clear();
    this.#next = null;
    this.#file.value = "";
    this.#say("", HINT);
    this.#bars.replaceChildren();
  }

  async #classifyFile() {
    const [file] = this.#file.files;
    if (!file) return;
    await this.#pad.showPicture(file).catch(() => this.#pad.clear());
    this.#classify(file);
  }

  async #classifyDrawing() {
    if (this.#pad.isEmpty()) return;
    this.#classify(await this.#pad.picture());
  }

  // One request at a time; of those that come meanwhile only the newest is sent.
  async #classify(picture) {
    this.#next = picture;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#next) {
      const sent = this.#next;
      this.#next = null;
      const show = await ask(this.#select.value, sent).then(
        (answer) => () => this.#showAnswer(answer),
        (failure) => () => this.#showFailure(failure),
      );
      if (!this.#pad.isEmpty()) show();
    }
    this.#asking = false;
  }

  #showAnswer(answer) {
    this.#say("", element("strong", {}, answer.label), ` ${percent(answer.probability)} · version ${answer.version}`);
    this.#bars.replaceChildren(...answer.top.map(bar));
  }

  #showFailure(failure) {
    this.#bars.replaceChildren();
    this.#say("bad", failure.message);
  }

  #say(state, ...content) {
    this.#verdict.dataset.state = state;
    this.#verdict.replaceChildren(...content);
  }
}

function isReady(model) {
  return model.versions.some((version) => version.live && version.state === "READY");
}

async function ask(model, picture) {
  let response;
  try {
    response = await fetch(`/models/${encodeURIComponent(model)}/classify`, {
      method: "POST",
      headers: { "Content-Type": picture.type || "application/octet-stream" },
      body: picture,
      signal: AbortSignal.timeout(15000),
    });
  } catch {
    throw new Error("The server did not answer. Draw again when it is back.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `The server answered ${response.status}.`);
  return body;
}

function bar(one) {
  const fill = element("span", { class: "fill" });
  fill.style.width = percent(one.probability);
  return element(
    "li",
    {},
    element("span", { class: "label" }, one.label),
    element("span", { class: "track", "aria-hidden": "true" }, fill),
    element("span", { class: "share" }, percent(one.probability)),
  );
}

function percent(probability) {
  return `${(probability * 100).toFixed(1)}%`;
}
