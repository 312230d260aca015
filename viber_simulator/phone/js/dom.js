/** Building blocks of the page. Text is only ever set as text, never as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Create an element.
 * @param {string} tag name, with classes appended as in CSS: "div.bubble.own"
 * @param {object} props attributes; `on…` functions become listeners, `dataset` is
 *     copied, null and false leave an attribute out
 * @param {...(Node|string|null)} children
 */
export function el(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "dataset") Object.assign(node.dataset, value);
    else if (key === "style") Object.assign(node.style, value);
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** An icon of icons.svg by its id. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A round button with an icon; `label` is its accessible name. */
export function iconButton(name, label, testid, onclick, style = "") {
  return el(
    `button.icon-button${style}`,
    { type: "button", "aria-label": label, title: label, "data-testid": testid, onclick },
    icon(name),
  );
}

const COLOURS = ["#7360f2", "#e0567f", "#2f9e8f", "#e08a2e", "#4a8fe7", "#9a5fd0"];

/** A face: the picture, or the initials on a colour that belongs to the name. */
export function avatar(name, picture, style = "") {
  if (picture) return el(`img.avatar${style}`, { src: picture, alt: "" });
  return el(
    `span.avatar${style}`,
    { "aria-hidden": "true", style: { background: colourOf(name) } },
    initials(name),
  );
}

export function colourOf(name) {
  const sum = [...name].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return COLOURS[sum % COLOURS.length];
}

export function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) || ["?"];
  const letters = words.slice(0, 2).map((word) => [...word][0]);
  return letters.join("").toUpperCase();
}

/** Show a short remark at the bottom of the phone. */
export function toast(text) {
  const node = el("div.toast", {}, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 5000);
}

/** Run something that may fail, and show why it did. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

/**
 * A sheet over the screen, as a modal dialog. (A <dialog> would lie over the whole
 * window and not over the phone.)
 * @returns {{node: HTMLElement, close: function}} shown already
 */
export function sheet(title, testid, ...children) {
  const screen = document.getElementById("screen");
  const before = document.activeElement;
  const close = () => {
    if (!layer.isConnected) return;
    layer.remove();
    screen.inert = false;
    before?.focus();
  };
  const node = el(
    "div.sheet",
    {
      role: "dialog",
      "aria-modal": "true",
      "aria-label": title,
      "data-testid": testid,
      tabindex: -1,
    },
    el(
      "header.sheet-header",
      {},
      el("h2", {}, title),
      iconButton("close", "Close", "sheet-close", close),
    ),
    ...children,
  );
  const layer = el(
    "div.sheet-layer",
    {
      onclick: (event) => event.target === layer && close(),
      onkeydown: (event) => event.key === "Escape" && close(),
      // Screens close the sheet that is open when they are left.
      onleave: close,
    },
    node,
  );
  document.querySelector(".phone").append(layer);
  screen.inert = true;
  // The sheet is still rising: without preventScroll the phone would scroll to it.
  (node.querySelector("form input") || node).focus({ preventScroll: true });
  return { node, close };
}

/** A labelled field of a form. */
export function field(label, control) {
  return el("label.field", {}, el("span.field-label", {}, label), control);
}
