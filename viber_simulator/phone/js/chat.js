/** Third screen: the conversation of a customer with a bot. */

import { api, follow } from "./api.js";
import { bubble } from "./bubbles.js";
import { composer } from "./composer.js";
import { attempt, avatar, el, field, iconButton, sheet } from "./dom.js";
import { locationSheet } from "./dialogs.js";
import { day } from "./format.js";
import { board } from "./keyboard.js";
import { navigate } from "./navigation.js";

const GROUP_SPAN = 3 * 60_000; // ms within which messages of one side stand together

/**
 * @param {object} options `text` fills the input field
 * @returns {Promise<function>} to call when the screen is left
 */
export async function chatScreen(root, userId, botKey, { text = "" }) {
  const [user, bot] = await Promise.all([api.user(userId), api.bot(botKey)]);
  const chat = new ChatScreen(user, bot);
  chat.mount(root, text);
  return () => chat.leave();
}

class ChatScreen {
  constructor(user, bot) {
    this.user = user;
    this.bot = bot;
    this.messages = new Map(); // by token, in the order of their arrival
    this.nodes = new Map(); // token → {key, node}
    this.state = {};
    this.thread = el("div.thread", {
      role: "log",
      "aria-label": "Messages",
      "data-testid": "thread",
    });
    this.keyboard = el("div.keyboard-place");
    this.composer = composer({ send: (message, options) => this.send(message, options) });
  }

  mount(root, text) {
    const { bot, user } = this;
    root.replaceChildren(
      el(
        "header.bar",
        {},
        iconButton("back", "Chats", "back", () =>
          navigate(`/phone/${encodeURIComponent(user.id)}`),
        ),
        avatar(bot.name, bot.icon_path, ".small"),
        el("h1.bar-title", { "data-testid": "chat-title" }, bot.name),
        iconButton("info", "Chat info", "chat-info", () => this.showInfo()),
      ),
      this.thread,
      this.composer.node,
      this.keyboard,
    );
    this.composer.fill(text || "");
    this.stopFollowing = follow(
      user.id,
      () => attempt(() => this.load()),
      (event) => this.take(event),
    );
    this.onVisible = () => this.read();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  leave() {
    this.stopFollowing();
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  // -- what happens ---------------------------------------------------------------

  async load() {
    const newer = (this.newer = []); // what happens while the answer is on its way
    const { messages, ...state } = await api.chat(this.user.id, this.bot.key);
    if (this.newer !== newer) return; // a later load has begun
    this.newer = null;
    this.messages = new Map(messages.map((message) => [message.token, message]));
    this.take({ chat: state });
    newer.forEach((event) => this.take(event));
    this.render();
  }

  take(event) {
    const { chat, message } = event;
    if (chat.bot !== this.bot.key) return;
    this.newer?.push(event);
    this.state = chat;
    this.showKeyboard();
    if (message) {
      this.messages.set(message.token, message);
      this.render();
    }
    this.read();
  }

  read() {
    if (this.state.unread && document.visibilityState === "visible") {
      this.act("read");
    }
  }

  act(action, values) {
    return attempt(() => api.act(this.user.id, this.bot.key, action, values));
  }

  async send(message, { media = null, thumbnail = null } = {}) {
    const sent = await this.act("send", { message, media, thumbnail });
    if (sent) this.thread.scrollTop = this.thread.scrollHeight;
    return Boolean(sent);
  }

  // -- the messages ---------------------------------------------------------------

  render() {
    const shown = [...this.messages.values()].filter(
      (message) => message.arrived && !message.silent && message.content.type,
    );
    const { thread } = this;
    const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
    const nodes = shown.length ? [] : [this.intro()];
    let previous = null;
    for (const message of shown) {
      const newDay = !previous || day(previous.timestamp) !== day(message.timestamp);
      if (newDay) nodes.push(el("div.day", { "data-testid": "day" }, day(message.timestamp)));
      nodes.push(this.node(message, newDay || !sameGroup(previous, message)));
      previous = message;
    }
    thread.replaceChildren(...nodes);
    if (atEnd || thread.scrollTop === 0) this.scrollToEnd();
  }

  node(message, first) {
    // A node is kept while its message is the same, so that a playing video goes on.
    const key = JSON.stringify([message, first]);
    const kept = this.nodes.get(message.token);
    if (kept?.key === key) return kept.node;
    const sender = {
      name: message.content.sender?.name || this.bot.name,
      picture: message.files.avatar?.local || this.bot.icon_path,
    };
    const node = bubble(message, sender, first, (_number, button) => this.tapRich(button));
    this.nodes.set(message.token, { key, node });
    return node;
  }

  scrollToEnd() {
    const { thread } = this;
    const scroll = () => (thread.scrollTop = thread.scrollHeight);
    scroll();
    // Pictures get their height when they are loaded.
    for (const image of thread.querySelectorAll("img")) {
      if (!image.complete) image.addEventListener("load", scroll, { once: true });
    }
  }

  intro() {
    const start = el(
      "button.button",
      { type: "button", "data-testid": "start-chat", onclick: () => this.act("open") },
      "Message",
    );
    return el(
      "div.intro",
      {},
      avatar(this.bot.name, this.bot.icon_path, ".large"),
      el("h2", {}, this.bot.name),
      el("p.faint", {}, this.bot.webhook ? "Bot" : "This bot is not connected yet."),
      this.bot.webhook ? start : null,
    );
  }

  // -- buttons --------------------------------------------------------------------

  showKeyboard() {
    const { keyboard } = this.state;
    const shown = JSON.stringify(keyboard);
    if (this.shownKeyboard === shown) return;
    this.shownKeyboard = shown;
    this.composer.node.hidden = keyboard?.InputFieldState === "hidden";
    this.keyboard.replaceChildren(
      ...(keyboard ? [board(keyboard, (number, button) => this.tap(number, button))] : []),
    );
    requestAnimationFrame(() => this.scrollToEnd());
  }

  tap(number, button) {
    const action = button.ActionType || "reply";
    const tap = (values = {}) => this.act("tap", { button: number, ...values });
    if (action === "share-phone") return this.askToShare(tap);
    if (action === "location-picker") {
      return locationSheet((place) => tap({ location: place }));
    }
    if (action === "open-url") openUrl(button.ActionBody);
    return tap();
  }

  tapRich({ ActionType: action, ActionBody: body }) {
    if (action === "open-url") openUrl(body);
    if (action !== "none") this.send({ type: "text", text: body });
  }

  askToShare(share) {
    const yes = el("button.button", { type: "button", "data-testid": "share-phone-yes" }, "Share");
    const dialog = sheet(
      "Share your phone number?",
      "share-phone",
      el("p", {}, `${this.bot.name} will get the number +${this.user.phone}.`),
      yes,
    );
    yes.addEventListener("click", () => {
      dialog.close();
      share();
    });
  }

  // -- chat info ------------------------------------------------------------------

  showInfo() {
    const receive = el("input.switch", {
      type: "checkbox",
      role: "switch",
      checked: this.state.subscribed,
      "data-testid": "receive-messages",
    });
    receive.addEventListener("change", () =>
      this.act(receive.checked ? "subscribe" : "unsubscribe"),
    );
    sheet(
      "Chat info",
      "chat-info-sheet",
      el(
        "div.intro",
        {},
        avatar(this.bot.name, this.bot.icon_path, ".large"),
        el("h2", {}, this.bot.name),
        this.bot.uri ? el("p.faint", {}, `viber://pa?chatURI=${this.bot.uri}`) : null,
      ),
      el("label.field-line", {}, el("span", {}, "Receive messages"), receive),
      field("This customer's id at the bot", el("code.id", {}, this.state.viber_id)),
    );
  }
}

/** A bot may name any address; only pages of the web are opened. */
function openUrl(url) {
  if (/^https?:/i.test(url)) window.open(url, "_blank", "noopener");
}

function sameGroup(previous, message) {
  return (
    previous.side === message.side &&
    message.timestamp - previous.timestamp < GROUP_SPAN &&
    previous.content.sender?.name === message.content.sender?.name
  );
}
