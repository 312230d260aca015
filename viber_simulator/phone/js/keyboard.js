/** Keyboards and rich media: grids of buttons that bots define. */

import { el } from "./dom.js";

const SIZES = { small: "0.8rem", regular: "0.95rem", large: "1.15rem" };
const ALIGN = { left: "start", center: "center", right: "end" };
const VALIGN = { top: "start", middle: "center", bottom: "end" };
// What Viber interprets in a button's text.
const ALLOWED = new Set(["B", "I", "U", "S", "BR", "FONT"]);

/**
 * @param {object} definition a keyboard or rich media object
 * @param {function} onTap called with the button's number and its definition
 */
export function board(definition, onTap) {
  const columns = Number(definition.ButtonsGroupColumns || 6);
  return el(
    `div.board.board-${definition.Type}`,
    {
      "data-testid": definition.Type === "keyboard" ? "keyboard" : "rich-media",
      style: {
        gridTemplateColumns: `repeat(${columns}, 1fr)`,
        background: colour(definition.BgColor),
      },
    },
    ...definition.Buttons.map((button, number) =>
      boardButton(button, columns, () => onTap(number, button)),
    ),
  );
}

function boardButton(button, columns, onclick) {
  const picture = button.Image || button.BgMedia;
  return el(
    "button.board-button",
    {
      type: "button",
      "data-testid": "keyboard-button",
      style: {
        gridColumn: `span ${Math.min(Number(button.Columns || 6), columns)}`,
        gridRow: `span ${Number(button.Rows || 1)}`,
        background: colour(button.BgColor),
        justifyContent: ALIGN[button.TextHAlign] || "center",
        alignItems: VALIGN[button.TextVAlign] || "center",
        fontSize: SIZES[button.TextSize] || SIZES.regular,
      },
      onclick,
    },
    picture ? el("img", { src: picture, alt: "" }) : null,
    el("span", {}, ...safeMarkup(button.Text || (picture ? "" : button.ActionBody))),
  );
}

/** Only what looks like a colour gets into a style. */
function colour(value) {
  return /^#[0-9a-f]{3,8}$/i.test(value || "") ? value : "";
}

/** Nodes for Viber's HTML subset; every other tag is dropped, its text is kept. */
function safeMarkup(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  return [...parsed.body.childNodes].map(cleaned);
}

function cleaned(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.textContent;
  const children = [...node.childNodes].map(cleaned);
  if (!ALLOWED.has(node.tagName)) return el("span", {}, ...children);
  if (node.tagName !== "FONT") return el(node.tagName.toLowerCase(), {}, ...children);
  const points = Number(node.getAttribute("size"));
  const style = { color: colour(node.getAttribute("color")) };
  if (points >= 12 && points <= 32) style.fontSize = `${points}px`;
  return el("span", { style }, ...children);
}
