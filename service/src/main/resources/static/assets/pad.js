// A canvas to draw on with mouse, finger or pen. Tells when the drawing changed, at most every 80 ms.
const STROKE = 20;
const QUIET_MILLIS = 80;

export class Pad {
  #canvas;
  #context;
  #changed;
  #drawing = false;
  #empty = true;
  #timer = null;

  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
    this.#changed = changed;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => this.#end());
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.clear());
  }

  isEmpty() {
    return this.#empty;
  }

  clear() {
    this.#context.fillStyle = this.#color("--paper");
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#empty = true;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  // A PNG of what is drawn; the server finds out whether the ink is dark or bright.
  picture() {
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/png"));
  }

  async showPicture(file) {
    const image = await createImageBitmap(file);
    this.clear();
    const scale = Math.min(this.#canvas.width / image.width, this.#canvas.height / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    this.#context.imageSmoothingEnabled = scale < 1;
    this.#context.drawImage(image, (this.#canvas.width - width) / 2, (this.#canvas.height - height) / 2, width, height);
    this.#empty = false;
  }

  #begin(event) {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#drawing = true;
    this.#context.strokeStyle = this.#color("--ink");
    this.#context.lineWidth = STROKE;
    this.#context.lineCap = "round";
    this.#context.lineJoin = "round";
    const [x, y] = this.#position(event);
    this.#context.beginPath();
    this.#context.moveTo(x, y);
    this.#line(x, y);
  }

  #move(event) {
    if (!this.#drawing) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length > 0 ? steps : [event]) {
      this.#line(...this.#position(step));
    }
  }

  #end() {
    this.#drawing = false;
  }

  #line(x, y) {
    this.#context.lineTo(x, y);
    this.#context.stroke();
    this.#empty = false;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#changed();
    }, QUIET_MILLIS);
  }

  #position(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * this.#canvas.width) / box.width,
      ((event.clientY - box.top) * this.#canvas.height) / box.height,
    ];
  }

  #color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
}
