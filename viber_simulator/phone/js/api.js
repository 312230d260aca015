/** The control API of the simulator, as the phone uses it. */

async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  return answer(await fetch(`/control/${path}`, options));
}

async function answer(response) {
  const values = await response.json().catch(() => ({}));
  if (!response.ok) {
    const reason = (values.error || response.statusText).replace(/^\w+: /, "");
    throw new Error(reason);
  }
  return values;
}

const key = encodeURIComponent;
const chatPath = (user, bot) => `users/${key(user)}/chats/${key(bot)}`;

export const api = {
  bots: () => call("GET", "bots"),
  bot: (bot) => call("GET", `bots/${key(bot)}`),
  users: () => call("GET", "users"),
  user: (user) => call("GET", `users/${key(user)}`),
  createUser: (values) => call("POST", "users", values),
  updateUser: (user, values) => call("PATCH", `users/${key(user)}`, values),
  chats: (user) => call("GET", `users/${key(user)}/chats`),
  chat: (user, bot) => call("GET", chatPath(user, bot)),

  /** What the customer does: open, send, tap, read, subscribe, unsubscribe. */
  act: (user, bot, action, values = {}) =>
    call("POST", `${chatPath(user, bot)}/${action}`, values),

  /** Put a file on the phone; gives its media id. */
  async upload(file, name = file.name) {
    const response = await fetch(`/control/media?name=${key(name)}`, {
      method: "POST",
      headers: { "Content-Type": file.type || "application/octet-stream" },
      body: file,
    });
    return (await answer(response)).id;
  },
};

/**
 * Follow what happens to a user.
 * @param {function} onReady called when the stream (again) begins: load everything
 * @param {function} onEvent called with {chat, message?} for each change
 * @returns {function} ends it
 */
export function follow(user, onReady, onEvent) {
  const source = new EventSource(`/control/users/${key(user)}/live`);
  source.addEventListener("ready", onReady);
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  return () => source.close();
}
