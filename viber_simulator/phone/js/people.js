/** First screen: whose phone this is. */

import { api } from "./api.js";
import { attempt, avatar, colourOf, el, field, icon, initials, sheet } from "./dom.js";
import { navigate } from "./navigation.js";

const LANGUAGES = {
  "uk-UA": "Ukrainian",
  en: "English",
  "de-DE": "German",
  "pl-PL": "Polish",
  "el-GR": "Greek",
  ru: "Russian",
};
const COUNTRIES = {
  UA: "Ukraine",
  DE: "Germany",
  GB: "United Kingdom",
  GR: "Greece",
  PL: "Poland",
};
const AVATAR_SIDE = 360; // pixels

/**
 * @param {HTMLElement} root
 * @param {object} options `pick(userId)` and a `hint` when a choice is asked for
 */
export async function peopleScreen(root, options = {}) {
  const pick = options.pick || ((user) => navigate(`/phone/${encodeURIComponent(user)}`));
  const people = await api.users();
  const add = el(
    "button.row.row-add",
    { type: "button", "data-testid": "new-customer", onclick: () => personSheet(null, pick) },
    el("span.avatar.add", {}, icon("person-plus")),
    el("span.row-title", {}, "New customer"),
  );
  root.replaceChildren(
    el(
      "header.bar",
      {},
      el("h1.bar-title", {}, "Whose phone?"),
    ),
    el(
      "div.list",
      {},
      options.hint ? el("p.hint", {}, options.hint) : null,
      ...people.map((person) => personRow(person, pick)),
      add,
      people.length ? null : el("p.empty", {}, "Create a customer to begin."),
    ),
  );
}

function personRow(person, pick) {
  return el(
    "button.row",
    {
      type: "button",
      "data-testid": "person",
      dataset: { user: person.id },
      onclick: () => pick(person.id),
    },
    avatar(person.name, person.avatar_path),
    el(
      "span.row-words",
      {},
      el("span.row-title", {}, person.name),
      el("span.row-line", {}, `+${person.phone} · ${person.country}`),
    ),
  );
}

/** Create a customer, or change one. */
export function personSheet(person, done) {
  const name = el("input", {
    name: "name",
    required: true,
    maxlength: 100,
    autocomplete: "off",
    value: person?.name ?? "",
  });
  const phone = el("input", {
    name: "phone",
    type: "tel",
    required: true,
    pattern: "\\+?[0-9]{5,18}",
    title: "Digits, with country code",
    value: person?.phone ?? randomPhone(),
  });
  const language = select("language", LANGUAGES, person?.language);
  const country = select("country", COUNTRIES, person?.country);
  const photo = el("input", { name: "photo", type: "file", accept: "image/*" });
  const shares = checkbox("Let bots see name and photo", person?.personalised ?? true);
  const online = checkbox("Phone is online", person?.online ?? true);

  async function save(event) {
    event.preventDefault();
    const values = {
      name: name.value.trim(),
      phone: phone.value.replace("+", ""),
      language: language.value,
      country: country.value,
      personalised: shares.input.checked,
      online: online.input.checked,
    };
    const picture = photo.files[0];
    if (picture || !person) {
      values.avatar = await api.upload(await face(picture, values.name), "avatar.jpg");
    }
    const saved = person
      ? await api.updateUser(person.id, values)
      : await api.createUser(values);
    dialog.close();
    done(saved.id);
  }

  const form = el(
    "form.form",
    { onsubmit: (event) => attempt(() => save(event)) },
    field("Name", name),
    field("Phone number", phone),
    el("div.form-pair", {}, field("Country", country), field("Language", language)),
    field("Photo", photo),
    shares.node,
    online.node,
    el("button.button", { "data-testid": "save-customer" }, person ? "Save" : "Create"),
  );
  const dialog = sheet(person ? "Customer" : "New customer", "customer-form", form);
}

function select(name, choices, chosen) {
  const known = chosen && !(chosen in choices) ? { ...choices, [chosen]: chosen } : choices;
  return el(
    "select",
    { name },
    ...Object.entries(known).map(([value, label]) =>
      el("option", { value, selected: value === chosen }, label),
    ),
  );
}

function checkbox(label, checked) {
  const input = el("input.switch", { type: "checkbox", role: "switch", checked });
  return { input, node: el("label.field-line", {}, el("span", {}, label), input) };
}

function randomPhone() {
  return `38050${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`;
}

/** A square JPEG of the photo, or of the initials when there is none. */
async function face(photo, name) {
  const canvas = el("canvas", { width: AVATAR_SIDE, height: AVATAR_SIDE });
  const context = canvas.getContext("2d");
  if (photo) {
    const bitmap = await createImageBitmap(photo);
    const scale = AVATAR_SIDE / Math.min(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    const [left, top] = [(AVATAR_SIDE - width) / 2, (AVATAR_SIDE - height) / 2];
    context.drawImage(bitmap, left, top, width, height);
  } else {
    context.fillStyle = colourOf(name);
    context.fillRect(0, 0, AVATAR_SIDE, AVATAR_SIDE);
    context.fillStyle = "#fff";
    context.font = `500 ${AVATAR_SIDE * 0.42}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(initials(name), AVATAR_SIDE / 2, AVATAR_SIDE * 0.52);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}
