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
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0]);
  return letters.join("").toUpperCase() || "?";
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
 * A sheet over the screen, as a modal dialog.
 * @returns {HTMLDialogElement} shown already; it removes itself when it closes
 */
export function sheet(title, testid, ...children) {
  const close = iconButton("close", "Close", "sheet-close", () => dialog.close());
  const dialog = el(
    "dialog.sheet",
    { "aria-label": title, "data-testid": testid },
    el("header.sheet-header", {}, el("h2", {}, title), close),
    ...children,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.querySelector(".phone").append(dialog);
  dialog.showModal();
  return dialog;
}

/** A labelled field of a form. */
export function field(label, control) {
  return el("label.field", {}, el("span.field-label", {}, label), control);
}
