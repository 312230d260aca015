/** One message of a chat, by its type. */

import { avatar, el, icon, iconButton, sheet } from "./dom.js";
import { anchor, formatted, size, time } from "./format.js";
import { board } from "./keyboard.js";

const TICKS = { sent: "Sent", delivered: "Delivered", failed: "Not delivered" };

/**
 * @param {object} message as the control API gives it
 * @param {object} sender {name, picture} of the bot's messages
 * @param {boolean} first whether it begins a group of messages of one sender
 * @param {function} onTap called with a rich media button's number
 */
export function bubble(message, sender, first, onTap) {
  const own = message.side === "user";
  const { type = "keyboard" } = message.content;
  const show = SHOW[type] || unknown;
  const body = el(`div.bubble.${own ? "own" : "theirs"}.type-${cssName(type)}`);
  if (!own && first) body.append(el("div.bubble-sender", {}, sender.name));
  body.append(...show(message, onTap), footer(message, own));
  const face = first ? avatar(sender.name, sender.picture, ".small") : el("span.gap");
  return el(
    `article.message.${own ? "own" : "theirs"}${first ? ".first" : ""}`,
    {
      "data-testid": "message",
      dataset: { token: message.token, side: message.side, state: message.state, type },
    },
    own ? null : face,
    body,
  );
}

function footer(message, own) {
  const stamp = el(
    "time",
    { datetime: new Date(message.timestamp).toISOString() },
    time(message.timestamp),
  );
  return el("div.bubble-footer", {}, stamp, own ? tick(message.state) : null);
}

function tick(state) {
  const attributes = { role: "img", "aria-label": TICKS[state], title: TICKS[state] };
  return el(
    `span.tick.tick-${state}`,
    { ...attributes, "data-testid": "tick" },
    icon(state),
  );
}

const SHOW = {
  text: ({ content }) => [textBlock(content.text)],
  url: ({ content }) => [el("div.text", {}, anchor(content.media))],
  picture: (message) => [
    picture(message),
    message.content.text ? textBlock(message.content.text) : null,
  ].filter(Boolean),
  video: (message) => [
    video(message),
    message.content.text ? textBlock(message.content.text) : null,
  ].filter(Boolean),
  file: (message) => [file(message)],
  sticker: ({ content }) => [sticker(content)],
  location: ({ content }) => [location(content.location)],
  contact: ({ content }) => [contact(content.contact)],
  rich_media: ({ content }, onTap) => [board(content.rich_media, onTap)],
};

function textBlock(text = "") {
  return el("div.text", { "data-testid": "message-text" }, ...formatted(text));
}

function unknown({ content }) {
  return [el("div.text.faint", {}, `Unsupported message: ${content.type}`)];
}

function picture(message) {
  const source = message.files.media?.local;
  if (!source) return el("div.text.faint", {}, "Photo (forwarded)");
  const image = el("img", { src: source, alt: message.content.text || "Photo" });
  return el(
    "button.picture",
    { type: "button", "aria-label": "Open photo", onclick: () => enlarge(source) },
    image,
  );
}

function enlarge(source) {
  sheet(
    "Photo",
    "photo-viewer",
    el("img.enlarged", { src: source, alt: "Photo" }),
    el("a.button", { href: source, download: "photo" }, "Download"),
  );
}

function video(message) {
  const source = message.files.media?.local;
  if (!source) return el("div.text.faint", {}, "Video (forwarded)");
  const poster = message.files.thumbnail?.local;
  return el("video", { src: source, poster, controls: true, preload: "metadata" });
}

function file(message) {
  const { file_name: name = "file", size: bytes } = message.content;
  const source = message.files.media?.local;
  const extension = name.includes(".") ? name.split(".").pop().slice(0, 4) : "";
  return el(
    "a.file",
    { href: source, download: name, "data-testid": "file-download" },
    el("span.file-icon", { "aria-hidden": "true" }, extension.toUpperCase() || "FILE"),
    el(
      "span.file-words",
      {},
      el("span.file-name", {}, name),
      el("span.faint", {}, bytes ? size(Number(bytes)) : "File"),
    ),
    icon("download"),
  );
}

function sticker(content) {
  const path = stickerPath(content.sticker_id);
  const image = el("img.sticker", { src: path, alt: `Sticker ${content.sticker_id}` });
  image.addEventListener("error", () => {
    image.replaceWith(el("div.text.faint", {}, `Sticker ${content.sticker_id}`));
  });
  return image;
}

/** Where the service keeps a sticker's picture. */
export function stickerPath(id) {
  const number = Number(id);
  const folder = Math.floor(number / 100) * 100;
  return `/stickers/100/${folder}/${String(number).padStart(8, "0")}.png`;
}

function location({ lat, lon }) {
  const map = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
  return anchor(
    map,
    el("span.map", {}, icon("location")),
    el("span.map-words", {}, `${Number(lat).toFixed(5)}, ${Number(lon).toFixed(5)}`),
  );
}

function contact({ name = "", phone_number: phone = "" } = {}) {
  return el(
    "div.card",
    {},
    avatar(name, null, ".small"),
    el("div", {}, el("div.card-name", {}, name), el("div.faint", {}, phone)),
  );
}

const cssName = (type) => type.replace(/[^a-z_]/g, "");

/** The attachment that is about to be sent, with a way to drop it. */
export function draft(name, source, onDrop) {
  return el(
    "div.draft",
    { "data-testid": "draft" },
    source ? el("img", { src: source, alt: "" }) : icon("file"),
    el("span", {}, name),
    iconButton("close", "Remove attachment", "draft-remove", onDrop),
  );
}
