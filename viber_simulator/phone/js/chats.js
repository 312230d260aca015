/** Second screen: the bots, each with its last message. */

import { api, follow } from "./api.js";
import { attempt, avatar, el, iconButton } from "./dom.js";
import { day, summary, time } from "./format.js";
import { navigate } from "./navigation.js";
import { personSheet } from "./people.js";

/** @returns {Promise<function>} to call when the screen is left */
export async function chatsScreen(root, userId) {
  const user = await api.user(userId);
  const list = el("div.list", { "data-testid": "chats" });
  root.replaceChildren(
    el(
      "header.bar",
      {},
      iconButton("back", "Other customers", "back", () => navigate("/")),
      avatar(user.name, user.avatar_path, ".small"),
      el("h1.bar-title", {}, user.name),
      iconButton("edit", "Change customer", "edit-customer", () =>
        personSheet(user, () => navigate(location.pathname, { replace: true })),
      ),
    ),
    list,
  );
  const load = () => attempt(async () => list.replaceChildren(...(await lines(user))));
  return follow(user.id, load, load);
}

async function lines(user) {
  const [bots, chats] = await Promise.all([api.bots(), api.chats(user.id)]);
  const byKey = new Map(bots.map((bot) => [bot.key, bot]));
  if (!chats.length) return [el("p.empty", {}, "There is no bot yet.")];
  chats.sort((one, other) => (other.last?.timestamp ?? 0) - (one.last?.timestamp ?? 0));
  return chats.map((chat) => chatRow(user, byKey.get(chat.bot), chat));
}

function chatRow(user, bot, chat) {
  const path = `/phone/${encodeURIComponent(user.id)}/${encodeURIComponent(bot.key)}`;
  const { last } = chat;
  return el(
    "button.row",
    {
      type: "button",
      "data-testid": "chat-item",
      dataset: { bot: bot.key },
      onclick: () => navigate(path),
    },
    avatar(bot.name, bot.icon_path),
    el(
      "span.row-words",
      {},
      el("span.row-title", {}, bot.name),
      el("span.row-line", {}, last ? summary(last) : "Tap to start a conversation"),
    ),
    el(
      "span.row-side",
      {},
      last ? el("time.row-time", {}, shortTime(last.timestamp)) : null,
      chat.unread ? el("span.badge", { "data-testid": "unread" }, chat.unread) : null,
    ),
  );
}

function shortTime(ms) {
  return day(ms) === "Today" ? time(ms) : day(ms);
}
