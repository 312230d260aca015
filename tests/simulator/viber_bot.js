// A bot built on Viber's own library for Node. It takes orders as lines of JSON and
// answers each by one; callbacks that the library took are told as lines of their own.
"use strict";

const http = require("http");
const readline = require("readline");
const { Bot, Events, Message } = require("viber-bot");

const [apiUrl, authToken] = process.argv.slice(2);
const bot = new Bot({ authToken, name: "Service desk", avatar: null });
bot._client._url = apiUrl; // the library knows the real service only

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const orders = {
  profile: () => bot.getBotProfile(),
  online: ({ id }) => bot.getOnlineStatus(id),
  details: ({ id }) => bot.getUserDetails({ id }),
  webhook: ({ url }) => bot.setWebhook(url),
  send: ({ id, messages }) => bot.sendMessage({ id }, messages.map(built)),
};

function built({ kind, values }) {
  return new Message[kind](...values);
}

bot.on(Events.MESSAGE_RECEIVED, (message, { userProfile }) =>
  tell({ event: "message", kind: message.constructor.name, message, userProfile })
);
bot.on(Events.SUBSCRIBED, ({ userProfile }) => tell({ event: "subscribed", userProfile }));
for (const event of ["unsubscribed", "delivered", "seen", "error"]) {
  bot.on(event, (told) => tell({ event, told }));
}
bot.onConversationStarted((userProfile, subscribed, context, answer) => {
  tell({ event: "conversation_started", userProfile, subscribed, context });
  answer(new Message.Text(`Hello ${userProfile.name}`));
});

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const order = JSON.parse(line);
  try {
    tell({ done: await orders[order.do](order) });
  } catch (refusal) {
    tell({ refused: refusal.status ? refusal : String(refusal) });
  }
});

const server = http.createServer(bot.middleware());
server.listen(0, "127.0.0.1", () =>
  tell({ webhook: `http://127.0.0.1:${server.address().port}/` })
);
