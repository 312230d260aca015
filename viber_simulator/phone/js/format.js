/** Text as Viber shows it: its marks, links, times and sizes. */

import { el } from "./dom.js";

// A mark opens before a non-space, closes after one, and white space, another mark or
// the end must follow (developers.viber.com/docs/tools/text-formatting).
const MARKED =
  /(```)([^]+?)```|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\3(?=[\s*_~]|$)/u;
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']/u;
const TAGS = { "*": "strong", _: "em", "~": "s", "```": "code" };

/** Nodes for a message's text: *bold*, _italic_, ~struck~, ```code```, links. */
export function formatted(text) {
  const link = LINK.exec(text);
  const mark = MARKED.exec(text);
  if (link && (!mark || link.index <= mark.index)) {
    return [
      ...formatted(text.slice(0, link.index)),
      anchor(link[0]),
      ...formatted(text.slice(link.index + link[0].length)),
    ];
  }
  if (!mark) return text ? [text] : [];
  const [whole, fence, code, sign, inner] = mark;
  const node = fence
    ? el(TAGS[fence], {}, code)
    : el(TAGS[sign], {}, ...formatted(inner));
  return [
    ...plain(text.slice(0, mark.index)),
    node,
    ...formatted(text.slice(mark.index + whole.length)),
  ];
}

const plain = (text) => (text ? [text] : []);

export function anchor(url, ...content) {
  const attributes = { href: url, target: "_blank", rel: "noopener noreferrer" };
  return el("a", attributes, ...(content.length ? content : [url]));
}

/** The marks taken away, for the one line of the chat list. */
export function unformatted(text) {
  return el("span", {}, ...formatted(text)).textContent.replace(/\s+/g, " ");
}

export function time(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day(ms) {
  const date = new Date(ms);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** One line that says what a message is. */
export function summary(message) {
  const { type, text, file_name: name, contact } = message.content;
  const words = {
    picture: `📷 ${text || "Photo"}`,
    video: `🎬 ${text || "Video"}`,
    file: `📎 ${name || "File"}`,
    sticker: "Sticker",
    location: "📍 Location",
    contact: `👤 ${contact?.name || "Contact"}`,
  };
  return words[type] || unformatted(text || message.content.media || "Message");
}
