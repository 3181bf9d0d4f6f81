// Where on the screen does each pixel lie? Zoom, pan, swipe, and the way back from a pointer.

const LARGEST = 64; // device pixels to one pixel of the image

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** A canvas that shows one or two pictures of the same size through one camera. */
export class Stage {
  constructor(canvas, onMove, onSwipe) {
    Object.assign(this, { canvas, onMove, onSwipe, pictures: [], titles: [], mode: "overlay", swipe: 0.5 });
    this.size = { width: 1, height: 1 };
    this.camera = { zoom: 1, x: 0.5, y: 0.5 };
    this.pointers = new Map();
    this.context = canvas.getContext("2d");
    this.listen();
  }

  /** Expect pictures of this size; a new size starts with the whole image in view. */
  setSize({ width, height }) {
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width, height };
    this.fit();
  }

  /** Take one or two pictures `(H, W, 4)`. */
  show(pictures) {
    this.pictures = pictures.map((pixels, i) => this.painted(pixels, i));
  }

  /** The pixels on a hidden canvas of their own, which is kept from frame to frame. */
  painted(pixels, i) {
    const { width, height } = this.size;
    const hidden = this.pictures[i] ?? document.createElement("canvas");
    if (hidden.width !== width || hidden.height !== height) Object.assign(hidden, this.size);
    hidden.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    return hidden;
  }

  fit() {
    this.camera = { zoom: 1, x: this.size.width / 2, y: this.size.height / 2 };
  }

  /** Match the canvas to its box on the screen, in device pixels. */
  resize() {
    const box = this.canvas.getBoundingClientRect();
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(box.width * density));
    this.canvas.height = Math.max(1, Math.round(box.height * density));
  }

  /** The parts of the canvas, in device pixels; two beside each other where two are compared. */
  viewports() {
    const { width, height } = this.canvas;
    if (this.mode !== "side") return [{ left: 0, width, height }];
    const half = Math.floor((width - 4) / 2);
    return [0, half + 4].map((left) => ({ left, width: half, height }));
  }

  /** Device pixels to one pixel of the image. */
  scale() {
    const [{ width, height }] = this.viewports();
    const whole = Math.min(width / this.size.width, height / this.size.height);
    const scale = whole * this.camera.zoom;
    return Math.abs(scale - 1) < 1e-9 ? 1 : scale; // so that actual pixels are copied exactly
  }

  corner(viewport, scale) {
    return {
      x: Math.round(viewport.left + viewport.width / 2 - this.camera.x * scale),
      y: Math.round(viewport.height / 2 - this.camera.y * scale),
    };
  }

  draw() {
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const views = this.viewports();
    this.pictures.forEach((picture, i) => {
      const view = views[i] ?? views[0];
      const cut = this.mode === "swipe" && i === 1 ? view.width * this.swipe : 0;
      this.place(picture, { ...view, left: view.left + cut, width: view.width - cut }, view);
    });
    if (this.mode === "swipe") this.drawDivider(views[0].width * this.swipe);
    this.titles.forEach((title, i) => this.drawTitle(title, i, views[i]));
    canvas.style.touchAction = this.camera.zoom > 1 ? "none" : "pan-y"; // else the page scrolls
  }

  place(picture, visible, viewport) {
    const { context } = this;
    const scale = this.scale();
    const { x, y } = this.corner(viewport, scale);
    context.save();
    context.beginPath();
    context.rect(visible.left, 0, visible.width, visible.height);
    context.clip();
    context.clearRect(visible.left, 0, visible.width, visible.height);
    context.imageSmoothingEnabled = scale < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, x, y, this.size.width * scale, this.size.height * scale);
    context.restore();
  }

  drawDivider(x) {
    const { context, canvas } = this;
    const width = 2 * (window.devicePixelRatio || 1);
    context.fillStyle = "#000";
    context.fillRect(x - width, 0, 2 * width, canvas.height);
    context.fillStyle = "#fff";
    context.fillRect(x - width / 2, 0, width, canvas.height);
  }

  /** The name of a picture in its upper corner: the second one to the right when swiping. */
  drawTitle(title, i, view) {
    const { context, canvas } = this;
    const unit = window.devicePixelRatio || 1;
    context.font = `${14 * unit}px system-ui, sans-serif`;
    const width = context.measureText(title).width + 12 * unit;
    const left = view ? view.left : canvas.width - width;
    context.fillStyle = "#101214";
    context.fillRect(left, 0, width, 24 * unit);
    context.fillStyle = "#fff";
    context.fillText(title, left + 6 * unit, 17 * unit);
  }

  /** Zoom by a factor and keep the point `at`, in image pixels, where it is. */
  zoom(factor, at = this.camera) {
    const before = this.camera.zoom;
    const most = (LARGEST / this.scale()) * before;
    const zoom = clamp(before * factor, Math.min(1, most), most);
    const move = 1 - before / zoom;
    this.pan((at.x - this.camera.x) * move, (at.y - this.camera.y) * move, zoom);
  }

  /** Show one pixel of the image as one pixel of the screen. */
  actualPixels() {
    this.camera.zoom /= this.scale();
  }

  pan(dx, dy, zoom = this.camera.zoom) {
    this.camera = {
      zoom,
      x: clamp(this.camera.x + dx, 0, this.size.width),
      y: clamp(this.camera.y + dy, 0, this.size.height),
    };
  }

  /** Move by a share of what is visible, for keys. */
  panBy(right, down) {
    const [{ width, height }] = this.viewports();
    const scale = this.scale();
    this.pan((right * width) / scale, (down * height) / scale);
  }

  /** Point of the image below a pointer, and the picture it lies in; null beside the image. */
  pointAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const left = ((event.clientX - box.left) * this.canvas.width) / box.width;
    const top = ((event.clientY - box.top) * this.canvas.height) / box.height;
    const views = this.viewports();
    const picture = views.length > 1 && left >= views[1].left ? 1 : 0;
    const scale = this.scale();
    const corner = this.corner(views[picture], scale);
    return { x: (left - corner.x) / scale, y: (top - corner.y) / scale, left };
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    canvas.addEventListener("pointerleave", () => this.onMove(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => {
      if (this.camera.zoom > 1) this.fit();
      else this.zoom(3, this.pointAt(event));
      this.onMove(this.pointAt(event));
    });
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const { left } = this.pointAt(event);
    const near = 14 * (window.devicePixelRatio || 1);
    const onDivider = Math.abs(left - this.canvas.width * this.swipe) < near;
    const swipes = this.mode === "swipe" && onDivider;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, swipes });
  }

  /** One pointer moves the image or the divider, two fingers zoom. */
  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (last) this.drag(event, last);
    this.onMove(this.pointAt(event));
  }

  drag(event, last) {
    const now = { ...last, x: event.clientX, y: event.clientY };
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other) {
      const apart = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      this.zoom(apart(now) / apart(last), this.pointAt(event));
    } else if (last.swipes) {
      this.onSwipe(clamp(this.pointAt(event).left / this.canvas.width, 0, 1));
    } else {
      const density = this.canvas.width / this.canvas.getBoundingClientRect().width;
      const scale = this.scale() / density;
      this.pan((last.x - now.x) / scale, (last.y - now.y) / scale);
    }
  }

  /** The wheel scrolls the page unless the viewer is in use. */
  wheel(event) {
    if (!event.ctrlKey && this.canvas.getRootNode().activeElement !== this.canvas) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.pointAt(event));
    this.onMove(this.pointAt(event));
  }
}
