/** The line at the bottom of a chat: text, attachments, stickers. */

import { api } from "./api.js";
import { draft, stickerPath } from "./bubbles.js";
import { attempt, el, icon, iconButton, toast } from "./dom.js";
import { contactSheet, locationSheet } from "./dialogs.js";

const STICKERS = [40101, 40102, 40103, 40104, 40105, 40106, 40107, 40108];
const MAX_HEIGHT = 120; // pixels of the input field
const LINK_ONLY = /^https?:\/\/\S+$/;

/**
 * @param {function} send async (message, {media, thumbnail}) → whether it was sent
 * @returns {{node: HTMLElement, fill: function}}
 */
export function composer({ send }) {
  let attached = null; // {file, kind, url}

  const input = el("textarea.composer-input", {
    rows: 1,
    placeholder: "Message",
    "aria-label": "Message",
    "data-testid": "composer-input",
  });
  const drafts = el("div.drafts");
  const panel = el("div.panel", { hidden: true });
  const chooser = el("input", { type: "file", hidden: true, "data-testid": "file-input" });
  const sendButton = iconButton("send", "Send", "send", submit, ".send");
  const node = el(
    "div.composer",
    { ondragover: (event) => event.preventDefault(), ondrop: drop },
    drafts,
    panel,
    el(
      "div.composer-line",
      {},
      iconButton("plus", "Attach", "attach", () => toggle(attachments())),
      iconButton("sticker", "Stickers", "stickers", () => toggle(stickers())),
      input,
      sendButton,
      chooser,
    ),
  );

  input.addEventListener("input", resize);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  input.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) attach(file);
  });
  chooser.addEventListener("change", () => {
    const [file] = chooser.files;
    if (file) attach(file, chooser.dataset.kind);
    chooser.value = "";
  });

  function resize() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, MAX_HEIGHT)}px`;
  }

  function fill(text) {
    input.value = text;
    resize();
  }

  // -- sending --------------------------------------------------------------------

  async function submit() {
    const text = input.value.trim();
    if (attached) return submitFile(text);
    if (!text) return;
    fill("");
    const message = LINK_ONLY.test(text) ? { type: "url", media: text } : { type: "text", text };
    if (!(await send(message))) fill(text);
  }

  async function submitFile(text) {
    const { file, kind } = attached;
    const message = { type: kind };
    sendButton.disabled = true;
    await attempt(async () => {
      const options = { media: await api.upload(file) };
      if (kind === "video") Object.assign(message, await videoValues(file, options));
      if (text && kind !== "file") message.text = text;
      if (!(await send(message, options))) return;
      release();
      fill(kind === "file" ? text : "");
      // Viber gives files no caption: the text follows as a message of its own.
      if (text && kind === "file") await submit();
    });
    sendButton.disabled = false;
  }

  // -- attachments ----------------------------------------------------------------

  function attach(file, kind = kindOf(file)) {
    release();
    const url = kind === "picture" ? URL.createObjectURL(file) : null;
    attached = { file, kind, url };
    drafts.replaceChildren(draft(file.name, url, release));
    input.focus();
  }

  function release() {
    if (attached?.url) URL.revokeObjectURL(attached.url);
    attached = null;
    drafts.replaceChildren();
  }

  function drop(event) {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) attach(file);
  }

  function toggle(content) {
    const same = !panel.hidden && panel.firstChild?.dataset.testid === content.dataset.testid;
    panel.hidden = same;
    panel.replaceChildren(...(same ? [] : [content]));
  }

  function attachments() {
    const choose = (kind, accept) => () => {
      chooser.accept = accept;
      chooser.dataset.kind = kind;
      chooser.click();
    };
    const sendAs = (type) => (value) => send({ type, [type]: value });
    const choices = [
      ["photo", "Photo", choose("picture", "image/*")],
      ["video", "Video", choose("video", "video/mp4")],
      ["file", "File", choose("file", "")],
      ["location", "Location", () => locationSheet(sendAs("location"))],
      ["contact", "Contact", () => contactSheet(sendAs("contact"))],
    ];
    return el(
      "div.choices",
      { "data-testid": "attachments" },
      ...choices.map(([name, label, act]) =>
        el(
          "button.choice",
          {
            type: "button",
            "data-testid": `attach-${name}`,
            onclick() {
              panel.hidden = true;
              act();
            },
          },
          el(`span.choice-icon.choice-${name}`, {}, icon(name)),
          label,
        ),
      ),
    );
  }

  function stickers() {
    return el(
      "div.stickers",
      { "data-testid": "sticker-panel" },
      ...STICKERS.map((id) =>
        el(
          "button.sticker-button",
          {
            type: "button",
            "aria-label": `Sticker ${id}`,
            "data-testid": "sticker",
            onclick() {
              panel.hidden = true;
              send(stickerMessage(id));
            },
          },
          el("img", { src: stickerPath(id), alt: "" }),
        ),
      ),
    );
  }

  return { node, fill };
}

function kindOf(file) {
  if (file.type.startsWith("image/")) return "picture";
  return file.type === "video/mp4" ? "video" : "file";
}

function stickerMessage(id) {
  const media = new URL(stickerPath(id), location.origin).href;
  return { type: "sticker", sticker_id: id, media };
}

/** Length of a video in milliseconds, and its first picture as thumbnail. */
async function videoValues(file, options) {
  const video = el("video", { src: URL.createObjectURL(file), muted: true });
  try {
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error("The phone cannot play this video."));
    });
    const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    options.thumbnail = await api.upload(picture, "thumbnail.jpg");
    return { duration: Math.round(video.duration * 1000) };
  } catch (error) {
    toast(error.message);
    return {};
  } finally {
    URL.revokeObjectURL(video.src);
  }
}
