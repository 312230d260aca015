/** Which screen the address shows. */

import { api } from "./api.js";
import { chatScreen } from "./chat.js";
import { chatsScreen } from "./chats.js";
import { attempt, toast } from "./dom.js";
import { navigate, onNavigation } from "./navigation.js";
import { peopleScreen } from "./people.js";

const screen = document.getElementById("screen");
let leave = null;

async function render() {
  leave?.();
  leave = null;
  document.querySelector(".sheet-layer")?.dispatchEvent(new Event("leave"));
  screen.replaceChildren();
  const shown = await attempt(() => show(new URL(location.href)));
  leave = shown || null;
}

function show(url) {
  if (url.pathname === "/open") return openDeepLink(url.searchParams);
  const [user, bot] = url.pathname.split("/").slice(2).map(decodeURIComponent);
  if (!user) return peopleScreen(screen);
  if (!bot) return chatsScreen(screen, user);
  return chatScreen(screen, user, bot, history.state || {});
}

/** The stand-in of viber://pa?chatURI=…&context=…&text=… */
async function openDeepLink(query) {
  const bot = query.get("chatURI");
  const user = query.get("user");
  if (!user) {
    const { name } = await api.bot(bot);
    return peopleScreen(screen, {
      hint: `Whose phone opens the chat with ${name}?`,
      pick(chosen) {
        query.set("user", chosen);
        navigate(`/open?${query}`, { replace: true });
      },
    });
  }
  await api.act(user, bot, "open", { context: query.get("context") });
  const path = `/phone/${encodeURIComponent(user)}/${encodeURIComponent(bot)}`;
  history.replaceState({ text: query.get("text") }, "", path);
  return show(new URL(location.href));
}

onNavigation(render);
window.addEventListener("unhandledrejection", (event) => toast(event.reason.message));
render();
